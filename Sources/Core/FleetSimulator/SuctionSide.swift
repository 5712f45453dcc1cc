internal import Primitives

/// The suction side of a pump: a tank whose level wanders, and a strainer that takes pressure with
/// the square of the flow.
struct SuctionSide: Sendable {
    /// Restlessness of a cavitating pump, variance 1.
    var surge: Double { flutter.value }

    private let head: Double  // bar above atmosphere, no flow
    private let strainerLoss: Double  // bar at rated flow, clean
    private var tank: CorrelatedNoise
    private var flutter: CorrelatedNoise
    private var random: Random

    /// Has a stream of its own: what it draws changes nothing else of the pump.
    init(random: Random, interval: TimeSpan) {
        var random = random
        head = random.uniform(0.45, 0.75)
        strainerLoss = random.uniform(0.05, 0.1)
        tank = CorrelatedNoise(correlationTime: 43_200, step: interval.seconds, random: &random)
        flutter = CorrelatedNoise(correlationTime: 60, step: interval.seconds, random: &random)
        self.random = random
    }

    mutating func advance() {
        tank.advance(&random)
        flutter.advance(&random)
    }

    /// bar above atmosphere at the pump's inlet.
    func pressure(_ conditions: OperatingConditions) -> SignalValue {
        let still = head + 0.02 * tank.value
        guard conditions.isRunning else { return SignalValue(healthy: still) }
        let square = conditions.load * conditions.load
        return SignalValue(
            healthy: still - strainerLoss * square,
            excursion: -conditions.symptoms.suction * square)
    }
}
