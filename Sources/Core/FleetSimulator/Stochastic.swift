internal import Primitives

/// An Ornstein-Uhlenbeck process of mean 0 and variance 1, stepped exactly.
///
/// x' = a x + sqrt(1 - a^2) n with a = exp(-step / correlationTime): the variance and the
/// correlation in seconds do not depend on the reading interval.
struct CorrelatedNoise: Sendable {
    private let memory: Double
    private let innovation: Double
    private(set) var value: Double

    /// Times in seconds. The first value is drawn from the stationary distribution.
    init(correlationTime: Double, step: Double, random: inout Random) {
        memory = Math.exp(-step / correlationTime)
        innovation = Math.squareRoot(1 - memory * memory)
        value = random.normal()
    }

    mutating func advance(_ random: inout Random) {
        value = memory * value + innovation * random.normal()
    }
}

/// A quantity that follows its target with a time constant, stepped exactly.
struct FirstOrderLag: Sendable {
    private(set) var value: Double

    init(at value: Double) {
        self.value = value
    }

    /// `share` is `FirstOrderLag.share(timeConstant:step:)`, kept by the caller because it is
    /// the same for every step.
    mutating func advance(to target: Double, share: Double) {
        value += (target - value) * share
    }

    /// Share of the remaining distance covered in one step; both times in seconds.
    static func share(timeConstant: Double, step: Double) -> Double {
        1 - Math.exp(-step / timeConstant)
    }
}

extension Random {
    /// Uniform in `low..<high`.
    mutating func uniform(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * uniform()
    }

    /// Uniform between two time spans, to the nanosecond.
    mutating func uniform(_ low: TimeSpan, _ high: TimeSpan) -> TimeSpan {
        TimeSpan(secondsRounded: uniform(low.seconds, high.seconds))
    }

    /// Exponential with the given mean, cut to `low...high`.
    mutating func exponential(mean: TimeSpan, from low: TimeSpan, to high: TimeSpan) -> TimeSpan {
        let drawn = TimeSpan(secondsRounded: mean.seconds * exponential())
        return min(max(drawn, low), high)
    }
}
