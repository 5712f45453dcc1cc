package import Primitives

/// How the readings of one machine class are cut into windows.
package struct WindowPolicy: Equatable, Sendable {
    /// Length of the tumbling event-time windows, counted from 1970; 1 ms to 1 day.
    package var length: TimeSpan
    /// How long after its end a window still takes readings.
    package var lateness: TimeSpan

    package init(length: TimeSpan = .seconds(60), lateness: TimeSpan = .seconds(10)) {
        self.length = length
        self.lateness = lateness
    }

    /// How many windows of one signal can be open at once: the current one, those still inside
    /// the allowed lateness, and those of readings stamped up to `lateness` ahead of arrival.
    /// A power of two, so that a slot is a mask away.
    package var slots: Int {
        let span = 2 * lateness.nanoseconds
        let needed = 1 + Int((span + length.nanoseconds - 1) / length.nanoseconds)
        var slots = 1
        while slots < needed { slots *= 2 }
        return slots
    }
}
