package import Primitives
package import Windows

/// Watches one device: learns its normal state, then judges every window against it.
package struct DeviceDetector: Equatable, Sendable {
    private var policy: DetectionPolicy
    private var window: TimeSpan
    private var positions: [SignalID] = []
    private var names: [String] = []
    /// Place of each signal's policy in the class, by position.
    private var policies: [Int?] = []
    private var baselines: [Baseline?] = []
    private var trackers: [SignalTracker] = []
    private var quality = DeviceQuality()
    /// What each signal said when it was last judged.
    private var held: [HeldJudgement] = []
    /// Positions of the signals that speak for each component.
    private var members: [[Int]]
    /// `nil` once the baselines are fitted.
    private var record: CommissioningRecord?
    private var operating = OperatingState.off
    private var runningSince: Timestamp?
    private var watch: OperatingWatch?
    package private(set) var cadence = Cadence()

    package init(policy: DetectionPolicy, window: TimeSpan) {
        self.policy = policy
        self.window = window
        members = policy.components.map { _ in [] }
        record = CommissioningRecord(commissioning: policy.commissioning, window: window)
        watch = OperatingWatch(policy, window: window)
    }

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
        let position = positions.count
        for (component, speaking) in policy.components.enumerated()
        where speaking.signals.contains(where: { signalName($0, matches: name) }) {
            members[component].append(position)
        }
        watch?.addSignal(named: name, at: position)
        positions.append(signal)
        names.append(name)
        policies.append(policy.signals.firstIndex { $0.matches(signal: name) })
        baselines.append(nil)
        trackers.append(SignalTracker())
        quality.addSignal()
        held.append(HeldJudgement())
    }

    /// The component was repaired or replaced: what its signals said before is no reference any
    /// more, and the commissioning begins again. The signals of other components keep theirs.
    package mutating func restart(_ component: Int) {
        guard !members[component].isEmpty else { return }
        for position in members[component] {
            baselines[position] = nil
            trackers[position] = SignalTracker()
            held[position] = HeldJudgement()
        }
        record = CommissioningRecord(commissioning: policy.commissioning, window: window)
    }

    /// Judges one closed window. `frame.summaries` must be in order of signal id. While the machine
    /// is in work it counts as off: nothing is judged and nothing learned.
    package mutating func assess(
        _ frame: WindowFrame, isInWork: Bool = false
    ) -> DeviceAssessment {
        var means = [Double](repeating: .nan, count: positions.count)
        var summaries = [WindowSummary?](repeating: nil, count: positions.count)
        var position = 0
        for summary in frame.summaries {  // both are in order of signal id
            while position < positions.count, positions[position] < summary.signal { position += 1 }
            guard position < positions.count, positions[position] == summary.signal else {
                continue
            }
            means[position] = summary.mean
            summaries[position] = summary
        }
        let pause = cadence.pause(before: frame.start)
        let state = operatingState(summaries, frame: frame, isInWork: isInWork)
        var found = quality.judge(
            summaries, end: frame.end, isRunning: operating == .running,
            knowsWhenOff: watch != nil
        ) { position in policies[position].map { policy.signals[$0].limits } }
        // A signal that is not believed explains no other.
        for position in positions.indices where found[position]?.isBelieved != true {
            means[position] = .nan
        }
        learn(means, summaries)
        var assessments: [SignalAssessment] = []
        assessments.reserveCapacity(frame.summaries.count)
        var places = [Int?](repeating: nil, count: positions.count)
        for position in positions.indices {
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
        var result = summarise(assessments, places: places, frame: frame)
        result.pause = pause
        result.qualityChanges = quality.settle(found, start: frame.start).map { turned in
            QualityChange(
                signal: positions[turned.position], quality: turned.quality, since: turned.since,
                step: turned.quality == .quantised ? step(at: turned.position) : nil)
        }
        result.operation = watch.map { DeviceOperation(state: state, tally: $0.meter.tally) }
        return result
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
        let limits = policies[position].map { policy.signals[$0].limits }
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
        record?.add(means: means, scatter: scatter, window: window)
        guard let record, record.progress(of: policy.commissioning) >= 1 else { return }
        for position in positions.indices where baselines[position] == nil {
            let explaining = policies[position].map { policy.signals[$0].explainedBy } ?? []
            let places = explaining.compactMap { name in
                names.indices.first { $0 != position && signalName(name, matches: names[$0]) }
            }
            baselines[position] = record.baseline(of: position, explainedBy: places)
        }
        self.record = nil
    }

    private mutating func assess(
        _ summary: WindowSummary, at position: Int, means: [Double], quality: DataQuality,
        frame: WindowFrame
    ) -> SignalAssessment {
        let signalPolicy = policies[position].map { policy.signals[$0] }
        let baseline = baselines[position]
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
            signal: summary.signal, policy: policies[position], mean: summary.mean,
            count: summary.count, quality: quality, state: .normal, expected: expected,
            scale: baseline.map { $0.scale * widening } ?? .nan, deviation: 0,
            raw: max(0, trackers[position].smoothed),
            score: 0, fraction: nil, limitDeviation: nil, zone: .within,
            since: trackers[position].since, degradation: 0)
        let judged = operating == .running && quality.isBelieved
        if judged {
            let isDoubtful = self.quality[position].isDoubtful
            if !isDoubtful {
                result.zone = signalPolicy?.limits.zone(of: summary.mean) ?? .within
            }
            if baseline != nil {
                let reading = DeviationReading(
                    mean: summary.mean, expected: expected, scale: result.scale,
                    policy: signalPolicy, step: step ?? 0)
                trackers[position].update(
                    reading.deviation, window: window, end: frame.end)
                result.deviation = reading.deviation
                result.raw = max(0, trackers[position].smoothed)
                result.since = trackers[position].since
                result.limitDeviation = reading.limitDeviation
                result.fraction = reading.limitDeviation.map { limit in
                    limit > 0 ? min(max(result.raw / limit, 0), 1) : 1
                }
            }
            result.score = HealthScale.score(raw: result.raw, zone: result.zone)
            result.degradation = HealthScale.degradation(
                raw: result.raw, fraction: result.fraction, zone: result.zone)
            if !isDoubtful {
                held[position].take(
                    HeldJudgement.Judgement(
                        zone: result.zone, score: result.score,
                        degradation: result.degradation))
            }
        }
        result.state = state(of: result, hasBaseline: baseline != nil)
        return result
    }

    /// The step of a signal whose steps are coarser than its own scatter.
    private func step(at position: Int) -> Double? {
        guard let step = quality[position].step.size else { return nil }
        return step >= baselines[position]?.scale ?? 0 ? step : nil
    }

    package var silentAfter: TimeSpan { policy.silentAfter }

    /// Declared signals that are lost, and since when the first of them is; `nil` also when the
    /// class does not ask.
    package var lost: (signals: [String], since: Timestamp)? {
        guard policy.silentAfter > .zero else { return nil }
        let lost = positions.indices.filter {
            policies[$0] != nil && quality[$0].standing == .noData
        }
        guard let since = lost.map({ quality[$0].since }).min() else { return nil }
        return (lost.map { names[$0] }.sorted(), since)
    }

    private func lost(_ position: Int) -> SignalAssessment {
        SignalAssessment(
            signal: positions[position], policy: policies[position], mean: .nan, count: 0,
            quality: .noData, state: .noData, expected: .nan, scale: .nan, deviation: 0,
            raw: max(0, trackers[position].smoothed), score: 0, fraction: nil,
            limitDeviation: nil, zone: .within, since: nil, degradation: 0)
    }

    /// Whether a signal of a running machine is absent or cannot be judged for want of belief.
    private func isHeld(
        _ position: Int, _ signals: [SignalAssessment], _ places: [Int?]
    ) -> Bool {
        guard operating == .running else { return false }
        return places[position].map { !signals[$0].quality.isBelieved } ?? true
    }

    private func state(of result: SignalAssessment, hasBaseline: Bool) -> ConditionState {
        if result.quality == .outOfRange { return .outOfRange }
        if operating != .running { return .notRunning }
        if result.quality == .stuck { return .stuck }
        if result.quality == .noisy { return .abnormal }
        if result.score >= HealthScale.abnormalScore { return .abnormal }
        return hasBaseline ? .normal : .learning
    }

    private func summarise(
        _ signals: [SignalAssessment], places: [Int?], frame: WindowFrame
    ) -> DeviceAssessment {
        var raw = 0.0
        var score = 0.0
        var degradation = 0.0
        for signal in signals where signal.quality.isBelieved {
            raw = max(raw, signal.raw)
            score = max(score, signal.score)
            degradation = max(degradation, signal.degradation)
        }
        // A signal that is not believed moves nothing, and heals nothing either.
        var heldScore = 0.0
        for position in positions.indices where isHeld(position, signals, places) {
            degradation = max(degradation, held[position].standing.degradation)
            heldScore = max(heldScore, held[position].standing.score)
        }
        let state: ConditionState
        if operating != .running {
            state = .notRunning
        } else if score >= HealthScale.abnormalScore {
            state = .abnormal
        } else {
            state = isLearning ? .learning : .normal
        }
        return DeviceAssessment(
            device: frame.device, start: frame.start, end: frame.end, operating: operating,
            state: state, learned: record?.progress(of: policy.commissioning) ?? 1, raw: raw,
            score: operating == .running ? score : 0, health: 100 * (1 - degradation),
            signals: signals,
            components: policy.components.indices.map { component in
                condition(of: component, signals: signals, places: places)
            }, heldScore: heldScore)
    }

    private func condition(
        of component: Int, signals: [SignalAssessment], places: [Int?]
    ) -> ComponentCondition {
        var condition = ComponentCondition(
            component: component, degradation: 0, raw: 0, current: 0, deviatingSignals: 0,
            zone: .within,
            evidence: members[component].compactMap { places[$0] })
        condition.hasReference = members[component].contains { baselines[$0] != nil }
        for position in members[component] {
            guard let place = places[position], signals[place].quality.isBelieved
            else {
                // What is not heard of any more has not become normal.
                condition.raw = max(condition.raw, trackers[position].smoothed)
                condition.heldZone = max(condition.heldZone, held[position].standing.zone)
                continue
            }
            condition.degradation = max(condition.degradation, signals[place].degradation)
            condition.raw = max(condition.raw, signals[place].raw)
            condition.current = max(condition.current, signals[place].deviation)
            condition.zone = max(condition.zone, signals[place].zone)
            if signals[place].since != nil { condition.deviatingSignals += 1 }
        }
        condition.evidence.sort { left, right in
            signals[left].raw == signals[right].raw
                ? left < right : signals[left].raw > signals[right].raw
        }
        return condition
    }
}

extension DeviceDetector {
    func encode(into state: inout StateWriter) {
        state.put(baselines.count)
        for position in baselines.indices {
            state.put(baselines[position]) { $1.encode(into: &$0) }
            trackers[position].encode(into: &state)
            held[position].encode(into: &state)
        }
        quality.encode(into: &state)
        state.put(record) { $1.encode(into: &$0) }
        state.put(operating.rawValue)
        state.put(runningSince) { $0.put($1) }
        cadence.encode(into: &state)
    }

    /// What was counted, apart from what was learned: that may have to be learned again.
    func encodeOperation(into state: inout StateWriter) {
        state.put(watch) { $1.encode(into: &$0) }
    }

    /// Goes on counting, if the class still says when its machines run.
    mutating func restoreOperation(from state: inout StateReader) throws(StateFailure) {
        guard try state.bool() else { return }
        try watch?.restore(from: &state)
    }

    /// What was counted; `nil` when its class does not say when it runs.
    package var tally: OperatingTally? { watch?.meter.tally }

    /// Takes up what the store has counted, where it is not what was counted here.
    mutating func adopt(_ tally: OperatingTally) -> Bool {
        guard let counted = watch?.meter.tally, !counted.agrees(with: tally) else { return false }
        watch?.adopt(tally)
        return true
    }

    /// Takes up what was learned about the same signals, in the same order.
    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        guard try state.int() == baselines.count else { throw .invalid("number of signals") }
        for position in baselines.indices {
            baselines[position] = try state.optional { (state) throws(StateFailure) in
                try Baseline(from: &state)
            }
            trackers[position] = try SignalTracker(from: &state)
            held[position] = try HeldJudgement(from: &state)
        }
        try quality.restore(from: &state)
        if try state.bool() {
            var kept = CommissioningRecord(commissioning: policy.commissioning, window: window)
            try kept.restore(from: &state)
            record = kept
        } else {
            record = nil
        }
        operating = try state.code(OperatingState.self)
        runningSince = try state.optionalTimestamp()
        cadence = try Cadence(from: &state)
    }
}
