import Detection
import Primitives
import Windows

/// Follows the signals of one component of one device towards their limits.
struct ComponentPrognosis: Equatable, Sendable {
    /// Windows are gathered into blocks of this length; the median of a block is one observation.
    static let block = TimeSpan.hours(4)
    /// Fewer running windows than this do not make a block.
    static let minimumWindows = 6
    /// More windows than this do not make a block better.
    static let maximumWindows = 64

    private struct Track: Equatable, Sendable {
        var signal: SignalID
        var deviations: [Double] = []
        var limits: [Double] = []
        var trend: TrendToLimit
    }

    private let policy: PrognosisPolicy
    private let component: Int
    private var tracks: [Track] = []
    private var blockStart: Timestamp?
    private var blocks = 0
    private var published: (risk: ComponentRisk, at: Timestamp)?

    init(policy: PrognosisPolicy, component: Int) {
        self.policy = policy
        self.component = component
    }

    /// Forgets everything that was followed.
    mutating func restart() { self = ComponentPrognosis(policy: policy, component: component) }

    static func == (left: ComponentPrognosis, right: ComponentPrognosis) -> Bool {
        left.tracks == right.tracks && left.blockStart == right.blockStart
            && left.blocks == right.blocks && left.published?.risk == right.published?.risk
    }

    mutating func update(_ assessment: DeviceAssessment) -> ComponentRisk {
        let condition = assessment.components[component]
        if assessment.operating == .running {
            for place in condition.evidence { take(assessment.signals[place]) }
            if blockStart == nil, tracks.contains(where: { !$0.deviations.isEmpty }) {
                blockStart = assessment.start
            }
        }
        let isNew = closeBlock(at: assessment.end)
        if isNew || isWaiting {
            published = (risk(assessment), assessment.end)
        }
        guard var current = published else { preconditionFailure("BUG: no risk published") }
        current.risk.isNew = isNew
        current.risk.remaining = current.risk.remaining?.after(assessment.end - current.at)
        return current.risk
    }

    /// `true` while the published reason can become stale without a block: what is still learning
    /// ends it at some window, and a component without a limit never has a block.
    private var isWaiting: Bool {
        guard let reason = published?.risk.reason else { return true }
        return reason == .learning || reason == .noLimit
    }

    private mutating func take(_ signal: SignalAssessment) {
        guard signal.quality.isBelieved, !signal.expected.isNaN, let limit = signal.limitDeviation
        else { return }
        let index: Int
        if let known = tracks.firstIndex(where: { $0.signal == signal.signal }) {
            index = known
        } else {
            index = tracks.count
            tracks.append(
                Track(
                    signal: signal.signal,
                    trend: TrendToLimit(typicalFailureInterval: policy.typicalFailureInterval)))
        }
        guard tracks[index].deviations.count < Self.maximumWindows else { return }
        tracks[index].deviations.append(signal.deviation)
        tracks[index].limits.append(limit)
    }

    /// Ends the block when its time is up and it holds enough; `true` when a trend was updated.
    private mutating func closeBlock(at end: Timestamp) -> Bool {
        guard let start = blockStart, end - start >= Self.block else { return false }
        var updated = false
        for index in tracks.indices where tracks[index].deviations.count >= Self.minimumWindows {
            tracks[index].trend.update(
                deviation: median(tracks[index].deviations),
                limitDeviation: median(tracks[index].limits), at: end)
            tracks[index].deviations.removeAll(keepingCapacity: true)
            tracks[index].limits.removeAll(keepingCapacity: true)
            updated = true
        }
        if updated {
            blockStart = nil
            blocks += 1
        }
        return updated
    }

    private func risk(_ assessment: DeviceAssessment) -> ComponentRisk {
        var risk = ComponentRisk(
            component: component, reason: .noTrend, horizon: policy.horizon, probability: nil,
            remaining: nil, leading: nil, isNew: false)
        if assessment.learned < 1, !assessment.components[component].hasReference {
            risk.reason = .learning
            return risk
        }
        if tracks.isEmpty {
            risk.reason = .noLimit
            return risk
        }
        if blocks < TrendToLimit.minimumBlocks {
            risk.reason = .tooShort
            return risk
        }
        var highest = 0.0
        for track in tracks where track.trend.isDated {
            let probability = track.trend.probability(within: policy.horizon.hours)
            guard let remaining = track.trend.remaining else { continue }
            highest = max(highest, probability)
            if risk.remaining.map({ remaining.p50 < $0.p50 }) ?? true {
                risk.remaining = remaining
                risk.leading = track.signal
            }
        }
        guard risk.remaining != nil else { return risk }
        risk.reason = .trendToLimit
        // A probability that has not met enough outcomes is never quite certain.
        risk.probability = min(max(highest, 0.001), 0.98)
        return risk
    }
}

extension ComponentPrognosis {
    func encode(into state: inout StateWriter) {
        state.put(each: tracks) { state, track in
            state.put(Int(track.signal.rawValue))
            state.put(track.deviations)
            state.put(track.limits)
            track.trend.encode(into: &state)
        }
        state.put(blockStart) { $0.put($1) }
        state.put(blocks)
        state.put(published.map(\.at)) { $0.put($1) }
        if let published { published.risk.encode(into: &state) }
    }

    /// `signal` translates the signal ids of the process that wrote the state.
    mutating func restore(
        from state: inout StateReader, signal: (Int) throws(StateFailure) -> SignalID
    ) throws(StateFailure) {
        tracks = []
        for _ in 0..<(try state.count()) {
            var track = Track(
                signal: try signal(try state.int()),
                trend: TrendToLimit(typicalFailureInterval: policy.typicalFailureInterval))
            track.deviations = try state.doubles()
            track.limits = try state.doubles()
            try track.trend.restore(from: &state)
            tracks.append(track)
        }
        blockStart = try state.optional { (state) throws(StateFailure) in try state.timestamp() }
        blocks = try state.int()
        let at = try state.optional { (state) throws(StateFailure) in try state.timestamp() }
        published = nil
        if let at {
            published = (
                try ComponentRisk(from: &state, component: component, signal: signal), at
            )
        }
    }
}
