package import Primitives
package import Windows

/// A device's condition changed: one line of the alert log.
package struct ConditionAlert: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case abnormal
        case normal
    }

    package var device: DeviceID
    package var time: Timestamp
    package var kind: Kind
    package var health: Double
    package var score: Double
    /// The signal that adds most to an event of the health index, or else has the highest score.
    package var signal: SignalID?

    package init(
        device: DeviceID, time: Timestamp, kind: Kind, health: Double, score: Double,
        signal: SignalID?
    ) {
        self.device = device
        self.time = time
        self.kind = kind
        self.health = health
        self.score = score
        self.signal = signal
    }
}

/// Turns a device's scores into few alerts: abnormal after a run of abnormal windows, normal again
/// only well below the threshold (ISA-18.2: on-delay and deadband).
package struct ConditionAlertMachine: Equatable, Sendable {
    static let windowsToRaise = 3
    static let windowsToClear = 12
    static let clearScore = 0.35

    private var isAbnormal = false
    private var run = 0

    package init() {}

    package mutating func update(_ assessment: DeviceAssessment) -> ConditionAlert? {
        // A machine that is off, or whose sensors cannot be believed, has not become normal.
        guard assessment.operating == .running,
            assessment.signals.contains(where: \.quality.isBelieved)
        else { return nil }
        let turns =
            isAbnormal
            ? max(assessment.score, assessment.heldScore) < Self.clearScore
            : assessment.score >= HealthScale.abnormalScore
        run = turns ? run + 1 : 0
        guard run >= (isAbnormal ? Self.windowsToClear : Self.windowsToRaise) else { return nil }
        isAbnormal.toggle()
        run = 0
        var strongest: SignalAssessment?
        for signal in assessment.signals where signal.score > (strongest?.score ?? -1) {
            strongest = signal
        }
        return ConditionAlert(
            device: assessment.device, time: assessment.end,
            kind: isAbnormal ? .abnormal : .normal, health: assessment.health,
            score: assessment.score, signal: assessment.leading ?? strongest?.signal)
    }
}

extension ConditionAlertMachine {
    package func encode(into state: inout StateWriter) {
        state.put(isAbnormal)
        state.put(run)
    }

    package init(from state: inout StateReader) throws(StateFailure) {
        isAbnormal = try state.bool()
        run = try state.int()
    }
}
