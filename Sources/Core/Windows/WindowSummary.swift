package import Primitives

/// What is kept of one signal's readings in one window.
@frozen public struct WindowSummary: Equatable, Sendable {
    public var signal: SignalID
    /// Readings in the window; at least 1.
    public var count: Int
    public var minimum: Double
    public var maximum: Double
    public var mean: Double
    /// Sample standard deviation (n - 1); zero for one reading.
    public var deviation: Double
    /// The reading with the earliest and the one with the latest event time.
    public var first: Double
    public var last: Double
    /// Of the line of least squares through the readings, per second; `nil` when all are of one
    /// instant.
    public var slope: Double?
    /// How often a state changed, or a signal passed its level, since the reading before the
    /// window's first; `nil` when nobody asks.
    public var changes: Int32?
    /// Readings there are when none is missing, by the usual time between them; `nil` while that is
    /// not known.
    public var expected: Int32?

    @inlinable public init(
        signal: SignalID, count: Int, minimum: Double, maximum: Double, mean: Double,
        deviation: Double, first: Double, last: Double, slope: Double? = nil,
        changes: Int32? = nil, expected: Int32? = nil
    ) {
        self.signal = signal
        self.count = count
        self.minimum = minimum
        self.maximum = maximum
        self.mean = mean
        self.deviation = deviation
        self.first = first
        self.last = last
        self.slope = slope
        self.changes = changes
        self.expected = expected
    }
}

extension WindowSummary {
    /// Readings that did not come; `nil` for none, and while nobody knows how many there should be.
    package var missing: Int? {
        guard let expected, Int(expected) > count else { return nil }
        return Int(expected) - count
    }
}

/// All signals of one device in one closed window: the unit of work right of the rate boundary.
package struct WindowFrame: Equatable, Sendable {
    package var device: DeviceID
    /// Inclusive.
    package var start: Timestamp
    /// Exclusive.
    package var end: Timestamp
    /// In order of signal id, only signals that had readings.
    package var summaries: [WindowSummary]
    /// In order of signal id, only signals whose class asks for them.
    package var quantiles: [SignalQuantiles]

    package init(
        device: DeviceID, start: Timestamp, end: Timestamp, summaries: [WindowSummary],
        quantiles: [SignalQuantiles] = []
    ) {
        self.device = device
        self.start = start
        self.end = end
        self.summaries = summaries
        self.quantiles = quantiles
    }
}
