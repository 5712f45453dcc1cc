package import Primitives
package import Windows

/// What a window says about one signal. Deviations are in baseline standard deviations, positive
/// towards worse (for direction `both`: away from normal).
package struct SignalAssessment: Equatable, Sendable {
    package var signal: SignalID
    /// Place of the signal's policy in the class; `nil` for a signal the class does not name.
    package var policy: Int?
    package var mean: Double
    package var count: Int
    package var quality: DataQuality
    package var state: ConditionState
    /// What the baseline expected; NaN while there is none.
    package var expected: Double
    package var scale: Double
    /// This window's own deviation.
    package var deviation: Double
    /// The tracker's smoothed deviation: the scorer's raw value.
    package var raw: Double
    /// In [0, 1]; 0.5 is where a signal counts as abnormal.
    package var score: Double
    /// How far the signal has gone from normal to the end of its limits: 0 normal, 1 at the end;
    /// `nil` when no limit is set in the direction it deviates.
    package var fraction: Double?
    /// Deviation at which the limit lies; `nil` without one.
    package var limitDeviation: Double?
    package var zone: LimitZone
    /// Since when the smoothed deviation has been beyond its onset.
    package var since: Timestamp?
    /// In [0, 1]: the signal's part in the loss of health.
    package var degradation: Double
    /// What the window scored against everything the signal ever did.
    package var record = RecordExcess<Float>.Score()
    /// What is new of its drift away from how it was commissioned.
    package var drift: DriftChange?

    /// In [0, 1): ``record`` where it is news.
    package var recordScore: Double { record.news > 0 ? 1 - Math.exp(-record.news / 2) : 0 }
}

/// Where a window mean lies with respect to the configured limits.
package enum LimitZone: UInt8, Comparable, CaseIterable, Sendable {
    case within = 0
    case alarm = 1
    case trip = 2

    package static func < (left: LimitZone, right: LimitZone) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// The words of the scores file.
package enum ConditionState: String, CaseIterable, Sendable {
    case learning
    case normal
    case abnormal
    case noData = "no_data"
    case stuck
    case outOfRange = "out_of_range"
    case notRunning = "not_running"
}

/// What a window says about one component, from the signals that speak for it.
package struct ComponentCondition: Equatable, Sendable {
    /// Place of the component in the class.
    package var component: Int
    /// In [0, 1]: the greatest degradation among its signals.
    package var degradation: Double
    /// The greatest smoothed deviation among its signals; of one that is absent or not believed,
    /// the last.
    package var raw: Double
    /// The greatest deviation of this window alone among its signals.
    package var current: Double
    /// How many of its signals are beyond their onset.
    package var deviatingSignals: Int
    package var zone: LimitZone
    /// Places of its signals in ``DeviceAssessment/signals``, by falling deviation.
    package var evidence: [Int]
    /// At least one of its signals has a baseline.
    package var hasReference = false
    /// Where its signals that are absent or not believed were with respect to their limits when
    /// they last could be judged.
    package var heldZone = LimitZone.within
}

/// What a window says about a device.
package struct DeviceAssessment: Equatable, Sendable {
    package var device: DeviceID
    package var start: Timestamp
    package var end: Timestamp
    /// What it counts as for learning and judging; off while it is in work.
    package var operating: OperatingState
    package var state: ConditionState
    /// In [0, 1]: share of the commissioning done.
    package var learned: Double
    package var raw: Double
    package var score: Double
    /// 100 is as commissioned, 0 is at the limit.
    package var health: Double
    /// One for each signal with readings, and one for each lost signal.
    package var signals: [SignalAssessment]
    package var components: [ComponentCondition]
    /// `nil` when its class does not say when it runs.
    package var operation: DeviceOperation? = nil
    /// Signals whose quality has become another.
    package var qualityChanges: [QualityChange] = []
    /// In [0, 1]: the greatest score that signals not believed now had when they last were.
    package var heldScore = 0.0
    /// Time before the window in which the device was silent.
    package var pause = TimeSpan.zero
    /// Of the device, seen through all its signals at once.
    package var index = HealthIndex.Reading()
    /// In an event of the index, the signal that adds most to it.
    package var leading: SignalID?
}
