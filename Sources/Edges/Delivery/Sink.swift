internal import Platform
internal import Store

/// Something that takes messages out of the outbox, one at a time and in order.
protocol Sink: ~Copyable {
    static var sink: OutboxSink { get }

    /// Returns when the message is safe at its destination. May be called again with a message
    /// that was delivered before.
    mutating func deliver(_ row: OutboxRow) throws(SystemFailure)
}
