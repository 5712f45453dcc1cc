package import Primitives
package import Windows

/// Watches one device: learns its normal state, then judges every window against it.
package struct DeviceDetector: Equatable, Sendable {
    let policy: DetectionPolicy
    let window: TimeSpan
    /// By position, in order of discovery.
    var signals: [SignalWatch] = []
    /// Positions of the signals that are no states.
    private var quantities: [Int] = []
    var quality = DeviceQuality()
    /// Positions of the signals that speak for each component.
    var members: [[Int]]
    /// `nil` once the baselines are fitted.
    var record: CommissioningRecord?
    var index: DeviceIndex
    var operating = OperatingState.off
    var runningSince: Timestamp?
    var watch: OperatingWatch?
    package internal(set) var cadence = Cadence()

    package init(policy: DetectionPolicy, window: TimeSpan) {
        self.policy = policy
        self.window = window
        members = policy.components.map { _ in [] }
        record = CommissioningRecord(policy, window: window)
        index = DeviceIndex(policy, window: window)
        watch = OperatingWatch(policy, window: window)
    }

    /// What a window stands for: its length, or, when each reading is a window, the usual time from
    /// one to the next.
    private var span: TimeSpan { policy.tick == .reading ? usualGap : window }

    package var isLearning: Bool { record != nil }

    /// How long the device must have sent nothing to be silent; `nil` when its class does not ask.
    package var silence: TimeSpan? {
        policy.silentAfter > .zero ? cadence.silence(atLeast: policy.silentAfter) : nil
    }

    /// Usual time between windows with data, at least a window's length.
    package var usualGap: TimeSpan { max(cadence.usualGap ?? window, window) }

    /// Makes a newly discovered signal known. A signal that appears after commissioning has no
    /// baseline and is only checked against its limits.
    package mutating func addSignal(_ signal: SignalID, named name: String) {
        let position = signals.count
        for (component, speaking) in policy.components.enumerated()
        where speaking.signals.contains(where: { signalName($0, matches: name) }) {
            members[component].append(position)
        }
        watch?.addSignal(named: name, at: position)
        let place = policy.signals.firstIndex { $0.matches(signal: name) }
        let isQuantity = place.map { policy.signals[$0].kind != .state } ?? true
        if isQuantity { quantities.append(position) }
        signals.append(
            SignalWatch(
                signal, named: name, policy: place, isQuantity: isQuantity,
                record: SignalRecord(window: policy.tick == .reading ? nil : window)))
        quality.addSignal()
    }

    /// The component was repaired or replaced: what its signals said before is no reference any
    /// more, and the commissioning begins again. The signals of other components keep theirs.
    package mutating func restart(_ component: Int) {
        guard !members[component].isEmpty else { return }
        for position in members[component] { signals[position].restart() }
        record = CommissioningRecord(policy, window: window)
        index = DeviceIndex(policy, window: window)
    }

    /// Judges one closed window. `frame.summaries` must be in order of signal id. While the machine
    /// is in work it counts as off: nothing is judged and nothing learned.
    package mutating func assess(
        _ frame: WindowFrame, isInWork: Bool = false
    ) -> DeviceAssessment {
        var (means, summaries) = places(of: frame)
        let pause = cadence.pause(before: frame.start)
        let state = operatingState(summaries, frame: frame, isInWork: isInWork)
        var found = quality.judge(
            summaries, end: frame.end, isRunning: operating == .running,
            knowsWhenOff: watch != nil
        ) { position in signals[position].policy.map { policy.signals[$0].limits } }
        // A signal that is not believed explains no other.
        for position in signals.indices where found[position]?.isBelieved != true {
            means[position] = .nan
        }
        learn(means, summaries)
        var assessments: [SignalAssessment] = []
        assessments.reserveCapacity(frame.summaries.count)
        var places = [Int?](repeating: nil, count: signals.count)
        for position in signals.indices {
            guard let quality = found[position] else { continue }
            guard let summary = summaries[position] else {
                assessments.append(lost(position))
                continue
            }
            places[position] = assessments.count
            let assessment = assess(
                summary, at: position, means: means, quality: quality, frame: frame)
            found[position] = assessment.quality
            assessments.append(assessment)
        }
        // Those that scatter too much were found only now.
        for position in signals.indices where found[position] == .noisy { means[position] = .nan }
        var result = summarise(
            assessments, places: places, frame: frame, index: readIndex(means))
        result.pause = pause
        result.qualityChanges = quality.settle(found, start: frame.start).map { turned in
            QualityChange(
                signal: signals[turned.position].signal, quality: turned.quality,
                since: turned.since,
                step: turned.quality == .quantised ? step(at: turned.position) : nil)
        }
        result.operation = watch.map { DeviceOperation(state: state, tally: $0.meter.tally) }
        return result
    }

    /// A window's means and summaries by position.
    private func places(of frame: WindowFrame) -> (means: [Double], summaries: [WindowSummary?]) {
        var means = [Double](repeating: .nan, count: signals.count)
        var summaries = [WindowSummary?](repeating: nil, count: signals.count)
        var position = 0
        for summary in frame.summaries {  // both are in order of signal id
            while position < signals.count, signals[position].signal < summary.signal {
                position += 1
            }
            guard position < signals.count, signals[position].signal == summary.signal else {
                continue
            }
            means[position] = summary.mean
            summaries[position] = summary
        }
        return (means, summaries)
    }

    /// Of the machine as a whole.
    private mutating func readIndex(_ means: [Double]) -> HealthIndex.Reading {
        guard operating == .running else {
            index.pause()
            return HealthIndex.Reading()
        }
        return index.take(means, quantities: quantities)
    }

    /// What the machine did; sets what it counts as. A machine in work does what it does, but
    /// counts as off, and afterwards it has to settle.
    private mutating func operatingState(
        _ summaries: [WindowSummary?], frame: WindowFrame, isInWork: Bool
    ) -> OperatingState {
        let usualGap = cadence.usualGap
        cadence.note(frame.start, window: window)
        let load = watch?.loadPosition(in: summaries).flatMap { position in
            summaries[position].flatMap { isBelieved($0, at: position) ? position : nil }
        }
        watch?.take(frame, summaries, usualGap: usualGap, learns: load)
        var state = watch?.meter.state ?? .running
        if state != .running || isInWork {
            runningSince = nil
        } else if watch != nil {
            let since = runningSince ?? frame.start
            runningSince = since
            if frame.start - since < policy.settling { state = .transient }
        }
        operating = isInWork ? .off : state
        return state
    }

    /// Whether a load is fit to be learned from.
    private func isBelieved(_ load: WindowSummary, at position: Int) -> Bool {
        let limits = signals[position].policy.map { policy.signals[$0].limits }
        return !DataQuality.isOutOfRange(load, limits: limits)
            && quality[position].suspectRun == nil
    }

    private mutating func learn(_ means: [Double], _ summaries: [WindowSummary?]) {
        guard operating == .running, record != nil else { return }
        var scatter = [Double](repeating: .nan, count: means.count)
        for (position, summary) in summaries.enumerated() {
            guard let summary, !means[position].isNaN else { continue }
            if summary.count >= 3 { scatter[position] = summary.deviation }
        }
        let span = span
        record?.add(means: means, scatter: scatter, span: span)
        guard let record, record.progress(of: policy.commissioning) >= 1 else { return }
        for position in signals.indices where signals[position].baseline == nil {
            signals[position].baseline = record.baseline(
                of: position, explainedBy: explaining(position))
        }
        self.record = nil
    }

    /// Positions of the signals that explain part of one.
    private func explaining(_ position: Int) -> [Int] {
        let names = signals[position].policy.map { policy.signals[$0].explainedBy } ?? []
        return names.compactMap { name in
            signals.indices.first {
                $0 != position && signalName(name, matches: signals[$0].name)
            }
        }
    }

    private mutating func assess(
        _ summary: WindowSummary, at position: Int, means: [Double], quality: DataQuality,
        frame: WindowFrame
    ) -> SignalAssessment {
        let signalPolicy = signals[position].policy.map { policy.signals[$0] }
        let baseline = signals[position].baseline
        let (expected, widening) = baseline?.expected(given: means) ?? (.nan, 1)
        let step = step(at: position)
        var quality = quality
        if quality == .good {
            if DataQuality.isNoisy(summary, baseline: baseline, expected: expected) {
                quality = .noisy
            } else if step != nil {
                quality = .quantised
            }
        }
        var result = SignalAssessment(
            signal: summary.signal, policy: signals[position].policy, mean: summary.mean,
            count: summary.count, quality: quality, state: .normal, expected: expected,
            scale: baseline.map { $0.scale * widening } ?? .nan, deviation: 0,
            raw: max(0, signals[position].tracker.smoothed),
            score: 0, fraction: nil, limitDeviation: nil, zone: .within,
            since: signals[position].tracker.since, degradation: 0)
        if operating == .running, quality.isBelieved {
            judge(&result, at: position, signalPolicy, hasBaseline: baseline != nil, frame.end)
            follow(&result, at: position, explained: baseline?.terms.isEmpty == false, frame)
        }
        result.state = state(of: result, hasBaseline: baseline != nil)
        return result
    }

    /// How far it is from what is normal and from its limits.
    private mutating func judge(
        _ result: inout SignalAssessment, at position: Int, _ signalPolicy: SignalPolicy?,
        hasBaseline: Bool, _ end: Timestamp
    ) {
        let isDoubtful = quality[position].isDoubtful
        if !isDoubtful { result.zone = signalPolicy?.limits.zone(of: result.mean) ?? .within }
        if hasBaseline {
            let reading = DeviationReading(
                mean: result.mean, expected: result.expected, scale: result.scale,
                policy: signalPolicy, step: step(at: position) ?? 0)
            signals[position].tracker.update(reading.deviation, window: span, end: end)
            result.deviation = reading.deviation
            result.raw = max(0, signals[position].tracker.smoothed)
            result.since = signals[position].tracker.since
            result.limitDeviation = reading.limitDeviation
            result.fraction = reading.limitDeviation.map { limit in
                limit > 0 ? min(max(result.raw / limit, 0), 1) : 1
            }
        }
        result.score = HealthScale.score(raw: result.raw, zone: result.zone)
        result.degradation = HealthScale.degradation(
            raw: result.raw, fraction: result.fraction, zone: result.zone)
        guard !isDoubtful else { return }
        signals[position].held.take(
            HeldJudgement.Judgement(
                zone: result.zone, score: result.score, degradation: result.degradation))
    }

    /// Whether it did what it never did before, and where it drifts to. What explains it is only
    /// known once there is a baseline.
    private mutating func follow(
        _ result: inout SignalAssessment, at position: Int, explained: Bool, _ frame: WindowFrame
    ) {
        guard signals[position].isQuantity else { return }
        if let score = signals[position].record.take(
            result.mean, count: result.count, at: frame.start)
        {
            result.record = score
        }
        let place = signals[position].policy
        let isToBeExplained = place.map { !policy.signals[$0].explainedBy.isEmpty } ?? false
        guard explained || !isToBeExplained || record == nil else { return }
        let residual = explained ? result.mean - result.expected : result.mean
        result.drift = signals[position].drift.take(residual, at: frame.start)
    }

    /// The step of a signal whose steps are coarser than its own scatter.
    private func step(at position: Int) -> Double? {
        guard let step = quality[position].step.size else { return nil }
        return step >= signals[position].baseline?.scale ?? 0 ? step : nil
    }

    package var silentAfter: TimeSpan { policy.silentAfter }

    /// Declared signals that are lost, and since when the first of them is; `nil` also when the
    /// class does not ask.
    package var lost: (signals: [String], since: Timestamp)? {
        guard policy.silentAfter > .zero else { return nil }
        let lost = signals.indices.filter {
            signals[$0].policy != nil && quality[$0].standing == .noData
        }
        guard let since = lost.map({ quality[$0].since }).min() else { return nil }
        return (lost.map { signals[$0].name }.sorted(), since)
    }

    private func lost(_ position: Int) -> SignalAssessment {
        SignalAssessment(
            signal: signals[position].signal, policy: signals[position].policy, mean: .nan,
            count: 0,
            quality: .noData, state: .noData, expected: .nan, scale: .nan, deviation: 0,
            raw: max(0, signals[position].tracker.smoothed), score: 0, fraction: nil,
            limitDeviation: nil, zone: .within, since: nil, degradation: 0)
    }

    private func state(of result: SignalAssessment, hasBaseline: Bool) -> ConditionState {
        if result.quality == .outOfRange { return .outOfRange }
        if operating != .running { return .notRunning }
        if result.quality == .stuck { return .stuck }
        if result.quality == .noisy { return .abnormal }
        if result.score >= HealthScale.abnormalScore { return .abnormal }
        return hasBaseline ? .normal : .learning
    }
}
