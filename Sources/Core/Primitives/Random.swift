/// SplitMix64 (Steele, Lea, Flood 2014): a seeded, platform-independent generator.
///
/// Core never asks the system for randomness: equal seeds must give equal bytes, in the simulator,
/// in training and in tests.
package struct Random: Sendable {
    package private(set) var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in [0, 1), 53 bits.
    package mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// Uniform in `0..<bound`; `bound` must be positive. The bias of the multiplication method is
    /// below 2^-32 for bounds up to 2^32.
    package mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Standard normal by the Box-Muller transform; one of the pair is thrown away so that a
    /// draw always costs the same number of steps.
    package mutating func normal() -> Double {
        let radius = Math.squareRoot(-2 * Math.log(1 - uniform()))
        return radius * Math.cosine(2 * .pi * uniform())
    }

    /// Exponential with mean 1.
    package mutating func exponential() -> Double {
        -Math.log(1 - uniform())
    }
}
