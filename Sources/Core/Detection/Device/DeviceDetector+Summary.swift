import Primitives
import Windows

/// From what a window says of the signals to what it says of the device and its components.
extension DeviceDetector {
    /// Whether a signal of a running machine is absent or cannot be judged for want of belief.
    private func isHeld(
        _ position: Int, _ found: [SignalAssessment], _ places: [Int?]
    ) -> Bool {
        guard operating == .running else { return false }
        return places[position].map { !found[$0].quality.isBelieved } ?? true
    }

    func summarise(
        _ found: [SignalAssessment], places: [Int?], frame: WindowFrame,
        index reading: HealthIndex.Reading
    ) -> DeviceAssessment {
        var raw = 0.0
        var score = 0.0
        var degradation = 0.0
        for signal in found where signal.quality.isBelieved {
            raw = max(raw, signal.raw)
            score = max(score, signal.score)
            degradation = max(degradation, signal.degradation)
        }
        score = max(score, HealthScale.score(of: reading))
        // A signal that is not believed moves nothing, and heals nothing either.
        var heldScore = 0.0
        for position in signals.indices where isHeld(position, found, places) {
            let standing = signals[position].held.standing
            degradation = max(degradation, standing.degradation)
            heldScore = max(heldScore, standing.score)
        }
        let state: ConditionState
        if operating != .running {
            state = .notRunning
        } else if score >= HealthScale.abnormalScore {
            state = .abnormal
        } else {
            state = isLearning ? .learning : .normal
        }
        let leading =
            reading.isEvent ? index.contributions.max { $0.square < $1.square }?.position : nil
        return DeviceAssessment(
            device: frame.device, start: frame.start, end: frame.end, operating: operating,
            state: state, learned: record?.progress(of: policy.commissioning) ?? 1, raw: raw,
            score: operating == .running ? score : 0, health: 100 * (1 - degradation),
            signals: found,
            components: policy.components.indices.map { component in
                condition(of: component, found, places: places)
            }, heldScore: heldScore, index: reading, leading: leading.map { signals[$0].signal })
    }

    private func condition(
        of component: Int, _ found: [SignalAssessment], places: [Int?]
    ) -> ComponentCondition {
        var condition = ComponentCondition(
            component: component, degradation: 0, raw: 0, current: 0, deviatingSignals: 0,
            zone: .within,
            evidence: members[component].compactMap { places[$0] })
        condition.hasReference = members[component].contains { signals[$0].baseline != nil }
        for position in members[component] {
            guard let place = places[position], found[place].quality.isBelieved else {
                // What is not heard of any more has not become normal.
                condition.raw = max(condition.raw, signals[position].tracker.smoothed)
                condition.heldZone = max(
                    condition.heldZone, signals[position].held.standing.zone)
                continue
            }
            condition.degradation = max(condition.degradation, found[place].degradation)
            condition.raw = max(condition.raw, found[place].raw)
            condition.current = max(condition.current, found[place].deviation)
            condition.zone = max(condition.zone, found[place].zone)
            if found[place].since != nil { condition.deviatingSignals += 1 }
        }
        condition.evidence.sort { left, right in
            found[left].raw == found[right].raw
                ? left < right : found[left].raw > found[right].raw
        }
        return condition
    }
}
