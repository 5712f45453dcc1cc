internal import Synchronization

/// What one listener has received and lost since it started.
package struct UDPCounts: Hashable, Sendable {
    package var datagrams: UInt64 = 0
    /// Bytes of those datagrams, as far as they were kept.
    package var bytes: UInt64 = 0
    /// Datagrams the kernel threw away because its buffer was full.
    package var kernelDrops: UInt64 = 0
    /// Datagrams longer than the limit; included in `datagrams`.
    package var truncated: UInt64 = 0
    /// Datagrams of senders that are not on the listener's list; included in `datagrams`.
    package var disallowed: UInt64 = 0
    /// Lines left out because their sender sent more than one sender may.
    package var linesOverRate: UInt64 = 0

    package init() {}
}

/// The listener's plain counters, published once per batch for readers on other threads. The
/// numbers of one reading may belong to two neighbouring batches.
final class PublishedUDPCounts: Sendable {
    private let datagrams = Atomic<UInt64>(0)
    private let bytes = Atomic<UInt64>(0)
    private let kernelDrops = Atomic<UInt64>(0)
    private let truncated = Atomic<UInt64>(0)
    private let disallowed = Atomic<UInt64>(0)
    private let linesOverRate = Atomic<UInt64>(0)

    func publish(_ counts: UDPCounts) {
        datagrams.store(counts.datagrams, ordering: .relaxed)
        bytes.store(counts.bytes, ordering: .relaxed)
        kernelDrops.store(counts.kernelDrops, ordering: .relaxed)
        truncated.store(counts.truncated, ordering: .relaxed)
        disallowed.store(counts.disallowed, ordering: .relaxed)
        linesOverRate.store(counts.linesOverRate, ordering: .relaxed)
    }

    var snapshot: UDPCounts {
        var counts = UDPCounts()
        counts.datagrams = datagrams.load(ordering: .relaxed)
        counts.bytes = bytes.load(ordering: .relaxed)
        counts.kernelDrops = kernelDrops.load(ordering: .relaxed)
        counts.truncated = truncated.load(ordering: .relaxed)
        counts.disallowed = disallowed.load(ordering: .relaxed)
        counts.linesOverRate = linesOverRate.load(ordering: .relaxed)
        return counts
    }
}
