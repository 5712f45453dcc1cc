package import Primitives

/// Datagrams that the kernel dropped at one listener: the one loss that no line and no sender
/// tells. A line of the alert log that no step causes.
package struct DropNotice: Hashable, Sendable {
    package var time: Timestamp
    /// `127.0.0.1:8094`
    package var listener: String
    /// Since the notice before this one.
    package var count: UInt64
    /// Since the program started.
    package var total: UInt64

    package init(time: Timestamp, listener: String, count: UInt64, total: UInt64) {
        self.time = time
        self.listener = listener
        self.count = count
        self.total = total
    }
}
