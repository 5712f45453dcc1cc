internal import Synchronization

/// What the stream listeners have received and refused since they started.
package struct TCPCounts: Hashable, Sendable {
    /// Connections that are open now.
    package var open: UInt64 = 0
    package var accepted: UInt64 = 0
    /// Connections closed at once because too many were open, in all or of their sender.
    package var refused: UInt64 = 0
    /// Connections closed because nothing came for too long.
    package var idleClosed: UInt64 = 0
    package var bytes: UInt64 = 0
    /// Lines left out because no end of them came within the longest line there may be.
    package var overlongLines: UInt64 = 0
    /// Lines left out because their connection ended in the middle of them.
    package var cutLines: UInt64 = 0
    /// Connections closed at once because their sender is not on the listener's list.
    package var disallowed: UInt64 = 0
    /// Lines left out because their sender sent more than one sender may.
    package var linesOverRate: UInt64 = 0

    package init() {}
}

/// The thread's plain counters, published once per round for readers on other threads. The numbers
/// of one reading may belong to two neighbouring rounds.
final class PublishedTCPCounts: Sendable {
    private let open = Atomic<UInt64>(0)
    private let accepted = Atomic<UInt64>(0)
    private let refused = Atomic<UInt64>(0)
    private let idleClosed = Atomic<UInt64>(0)
    private let bytes = Atomic<UInt64>(0)
    private let overlongLines = Atomic<UInt64>(0)
    private let cutLines = Atomic<UInt64>(0)
    private let disallowed = Atomic<UInt64>(0)
    private let linesOverRate = Atomic<UInt64>(0)

    func publish(_ counts: TCPCounts) {
        open.store(counts.open, ordering: .relaxed)
        accepted.store(counts.accepted, ordering: .relaxed)
        refused.store(counts.refused, ordering: .relaxed)
        idleClosed.store(counts.idleClosed, ordering: .relaxed)
        bytes.store(counts.bytes, ordering: .relaxed)
        overlongLines.store(counts.overlongLines, ordering: .relaxed)
        cutLines.store(counts.cutLines, ordering: .relaxed)
        disallowed.store(counts.disallowed, ordering: .relaxed)
        linesOverRate.store(counts.linesOverRate, ordering: .relaxed)
    }

    var snapshot: TCPCounts {
        var counts = TCPCounts()
        counts.open = open.load(ordering: .relaxed)
        counts.accepted = accepted.load(ordering: .relaxed)
        counts.refused = refused.load(ordering: .relaxed)
        counts.idleClosed = idleClosed.load(ordering: .relaxed)
        counts.bytes = bytes.load(ordering: .relaxed)
        counts.overlongLines = overlongLines.load(ordering: .relaxed)
        counts.cutLines = cutLines.load(ordering: .relaxed)
        counts.disallowed = disallowed.load(ordering: .relaxed)
        counts.linesOverRate = linesOverRate.load(ordering: .relaxed)
        return counts
    }
}
