package import Platform

/// Something that fills blocks on a thread of its own until it is told to stop.
package protocol LineListener: Sendable {
    /// At most 15 bytes.
    var threadName: String { get }
    /// `transport=udp address=127.0.0.1:8094` for each place where it listens.
    var places: [String] { get }

    /// The thread's body: receives until ``stop()``, then hands on what the kernel still holds and
    /// returns. Whoever pops `queue` must go on doing so, and giving blocks back, until then.
    func run(pool: BlockPool, queue: BoundedQueue<LineBlock>) throws(SystemFailure)

    /// Makes ``run(pool:queue:)`` return; safe from any thread, may be called before it and twice.
    func stop()
}
