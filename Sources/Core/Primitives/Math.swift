#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The transcendental functions of Core, in one place.
///
/// They are the only results that may differ between C libraries, so this is the only file of Core
/// that imports one; a checkpoint records which library computed it.
package enum Math {
    package static func log(_ x: Double) -> Double { libraryLog(x) }
    package static func exp(_ x: Double) -> Double { libraryExp(x) }
    package static func power(_ base: Double, _ exponent: Double) -> Double {
        libraryPower(base, exponent)
    }
    package static func sine(_ x: Double) -> Double { librarySine(x) }
    package static func cosine(_ x: Double) -> Double { libraryCosine(x) }
    package static func arcSine(_ x: Double) -> Double { libraryArcSine(x) }
    package static func squareRoot(_ x: Double) -> Double { x.squareRoot() }

    /// Standard normal distribution function, Phi(x).
    package static func normalCDF(_ x: Double) -> Double {
        0.5 * libraryErfc(-x * 0.707_106_781_186_547_6)
    }

    /// ln Phi(x), accurate far into the lower tail where Phi itself underflows: below -8 by the
    /// asymptotic series phi(x)/(-x) * (1 - 1/x^2 + 3/x^4 - 15/x^6) (Abramowitz & Stegun 26.2.12).
    package static func logNormalCDF(_ x: Double) -> Double {
        if x > -8 { return log(normalCDF(x)) }
        let inverse = 1 / (x * x)
        let series = 1 - inverse * (1 - inverse * (3 - 15 * inverse))
        return -0.5 * x * x - 0.918_938_533_204_672_8 - log(-x) + log(series)
    }
}

// Free functions, because inside `Math` the names above would shadow the library's.
private func libraryLog(_ x: Double) -> Double { log(x) }
private func libraryExp(_ x: Double) -> Double { exp(x) }
private func libraryPower(_ x: Double, _ y: Double) -> Double { pow(x, y) }
private func librarySine(_ x: Double) -> Double { sin(x) }
private func libraryCosine(_ x: Double) -> Double { cos(x) }
private func libraryArcSine(_ x: Double) -> Double { asin(x) }
private func libraryErfc(_ x: Double) -> Double { erfc(x) }
