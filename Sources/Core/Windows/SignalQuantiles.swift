import Primitives

/// Quantiles of one signal's readings in one window, for signals whose class asks for them.
package struct SignalQuantiles: Equatable, Sendable {
    package var signal: SignalID
    package var p50: Double
    package var p95: Double
    package var p99: Double

    package init(signal: SignalID, p50: Double, p95: Double, p99: Double) {
        self.signal = signal
        self.p50 = p50
        self.p95 = p95
        self.p99 = p99
    }

    init(_ signal: SignalID, _ sketch: QuantileSketch) {
        let values = sketch.quantiles([0.5, 0.95, 0.99])
        self.init(signal: signal, p50: values[0], p95: values[1], p99: values[2])
    }
}
