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

    @inlinable public init(
        signal: SignalID, count: Int, minimum: Double, maximum: Double, mean: Double,
        deviation: Double, first: Double, last: Double
    ) {
        self.signal = signal
        self.count = count
        self.minimum = minimum
        self.maximum = maximum
        self.mean = mean
        self.deviation = deviation
        self.first = first
        self.last = last
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

    package init(
        device: DeviceID, start: Timestamp, end: Timestamp, summaries: [WindowSummary]
    ) {
        self.device = device
        self.start = start
        self.end = end
        self.summaries = summaries
    }
}
