/// How much of everything intake holds, and what happens beyond it.
///
/// This is the centre of `Intake`, the room where bytes enter the program.
/// - In: datagrams and streams from the network; recordings, plain or gzip, from files and pipes.
/// - Out: ``LineBlock`` values full of whole lines, each piece with its sender and arrival time.
/// - Always: memory is fixed at the start. A block belongs to one place at a time: pool, listener
///   or reader, queue, engine, pool. A cut line is never handed on: half a number is a wrong
///   number. Whatever is lost is counted, in one of the places below.
/// - Absent on purpose: the grammar of a line. Intake knows newlines, and for recordings and
///   streams it asks its caller where the last complete record ends. It decides nothing and stores
///   nothing.
///
/// What may be lost, and where it is counted:
/// - the kernel's receive buffer is full: ``UDPCounts/kernelDrops``;
/// - a datagram is longer than `datagramBytesMax`: its whole lines are kept, the rest is cut off,
///   ``UDPCounts/truncated``;
/// - a line of a stream is longer than `lineBytesMax`: ``TCPCounts/overlongLines``; its connection
///   ends in the middle of it: ``TCPCounts/cutLines``; more than `connections` want in:
///   ``TCPCounts/refused``;
/// - a sender is not on the listener's list, or sends more lines than one sender may:
///   ``UDPCounts/disallowed``, ``UDPCounts/linesOverRate`` and the same of ``TCPCounts``. These and
///   those of streams are ``IntakeRefusal`` values too, with their sender;
/// - a line of a recording does not fit a slab: ``RecordingReader/overlongLines``;
/// - a line given to ``UDPSender`` does not fit any datagram: ``UDPSender/overlongLines``.
package struct IntakeLimits: Hashable, Sendable {
    /// Slabs made at the start; the pool never grows. When all are on their way, listeners wait.
    package var slabs = 64
    /// Bytes of one slab. At least 65,536, so that every datagram and line of a protocol fits.
    package var slabBytes = 128 << 10
    /// Pieces (datagrams, requests) one block can carry.
    package var segmentsPerBlock = 256
    /// Longest datagram taken whole, in bytes. 65,507 is the most IPv4 can carry.
    package var datagramBytesMax = 65_507
    /// Datagrams per system call.
    package var datagramsPerBatch = 64
    /// The kernel's buffer per socket, in bytes; cut to `net.core.rmem_max` without privilege.
    package var receiveBufferBytes = 8 << 20
    /// Datagrams and small pieces of streams that follow each other closely are taken together: a
    /// listener that has just looked looks again after this time at the earliest, in nanoseconds;
    /// for datagrams sooner where the kernel's buffer is small. Each look wakes two threads.
    package var gatherTime: UInt64 = 1_000_000
    /// Longest line of a stream, in bytes without its newline.
    package var lineBytesMax = 65_536
    /// Connections open at once, over all listeners.
    package var connections = 1_024
    /// Connections of one sender open at once, over all listeners, so that one sender that opens
    /// and opens cannot take all places.
    package var connectionsPerSource = 256
    /// Lines a second of one sender, for listeners that say nothing else; 0 takes as many as come.
    package var linesPerSecond = 0
    /// A sender may send so much time's worth of lines at once, in nanoseconds. Telegraf sends what
    /// it has gathered every ten seconds.
    package var rateBurstTime: UInt64 = 10_000_000_000
    /// Senders whose rates one listener keeps.
    package var ratedSources = 4_096
    /// A connection on which nothing came for this long is closed, in nanoseconds; 0 closes none.
    /// Telegraf's `socket_listener` never closes one by default (`read_timeout` 0), and whoever
    /// writes into a connection closed here loses that line without noticing: hence not minutes.
    package var connectionIdleTime: UInt64 = 3_600_000_000_000
    /// Lines behind a string that nobody closes are held for this long, in nanoseconds.
    package var openStringTime: UInt64 = 5_000_000_000
    /// Bytes read from a connection in its turn, at most.
    package var readBytesMax = 64 << 10
    /// Room a block must have left for a read.
    package var readBytesMin = 16 << 10
    /// At a stop connections that go on sending are read for this long, in nanoseconds.
    package var drainTime: UInt64 = 2_000_000_000
    /// Connections taken from one listener in its turn.
    package var acceptsPerTurn = 64

    package init() {}

    /// What intake keeps for itself when all slabs are in use, in bytes.
    package var memoryBytes: Int {
        slabs * (slabBytes + segmentsPerBlock * MemoryLayout<LineSegment>.stride)
            + datagramsPerBatch * (datagramBytesMax + 1)
    }

    /// What comes on top while every connection holds the longest incomplete line, in bytes.
    package var connectionMemoryBytes: Int { connections * lineBytesMax }
}
