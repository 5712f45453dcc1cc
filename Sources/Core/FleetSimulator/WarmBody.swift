internal import Primitives

/// Temperature of a housing above the air: of the healthy machine, and what damage adds. The lag is
/// linear, so the two can be kept apart.
struct WarmBody: Sendable {
    private let heatingShare: Double
    private let coolingShare: Double
    private var warmth: FirstOrderLag?
    private var excess = FirstOrderLag(at: 0)

    /// Times in seconds. A standing machine moves no air and no liquid past its housing, and cools
    /// more slowly than it heats.
    init(timeConstant: Double, step: Double) {
        heatingShare = FirstOrderLag.share(timeConstant: timeConstant, step: step)
        coolingShare = FirstOrderLag.share(timeConstant: 1.5 * timeConstant, step: step)
    }

    /// Targets in K above `ambient` (degC).
    mutating func heat(to target: Double, excess damage: Double, ambient: Double) -> SignalValue {
        advance(to: target, excess: damage, share: heatingShare, ambient: ambient)
    }

    mutating func cool(ambient: Double) -> SignalValue {
        advance(to: 0, excess: 0, share: coolingShare, ambient: ambient)
    }

    private mutating func advance(
        to target: Double, excess damage: Double, share: Double, ambient: Double
    ) -> SignalValue {
        // A machine enters the recording in the thermal state it has been in for long.
        var lag = warmth ?? FirstOrderLag(at: target)
        lag.advance(to: target, share: share)
        warmth = lag
        excess.advance(to: damage, share: share)
        return SignalValue(healthy: ambient + lag.value, excursion: excess.value)
    }
}
