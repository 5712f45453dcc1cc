/// How much of everything the web room holds, and what happens beyond it.
///
/// This is the centre of `Web`, the room where HTTP requests and TLS connections come in.
/// - In: line protocol in the bodies of `POST /write` and `/api/v2/write`, plain or gzip, over HTTP
///   or HTTPS; line protocol over TLS; questions such as `/ping`, `/health` and `/metrics`.
/// - Out: blocks of lines to the engine, as every other listener hands them on; an answer to each
///   request that says which of its lines the grammar refuses.
/// - Always: everything here runs on one thread, the event loop's, which never waits: a request
///   that must wait gives the thread away. A block is taken for one piece of a body, filled, and
///   handed on at once, so a slow sender holds none. A body is never collected: of each request
///   there is at most one piece and the beginning of one line.
/// - Absent on purpose: the engine (its counters are handed in as values), and any decision about a
///   line that is not its grammar.
///
/// What may be lost, and where it is counted: a line the grammar refuses, with its sender, as
/// ``IntakeRefusal``; whatever else is refused here too, and in ``WebCounts``.
package struct WebLimits: Hashable, Sendable {
    /// Longest body as it is sent, in bytes.
    package var bodyBytesMax = 16 << 20
    /// Longest body after it was unpacked, in bytes.
    package var inflatedBytesMax = 64 << 20
    /// Requests whose bodies are taken in at once; further ones are told to come back.
    package var requests = 32
    /// Those of one sender, so that it cannot take all places by sending slowly.
    package var requestsPerSource = 16
    /// Connections open at once, over all listeners of this room.
    package var connections = 256
    /// Those of one sender.
    package var connectionsPerSource = 64
    /// All header fields of a request, in bytes.
    package var headerBytesMax = 16 << 10
    /// Header fields of a request.
    package var headerFieldsMax = 100
    /// From the head of a request to the end of its body, in nanoseconds.
    package var requestTime: UInt64 = 60_000_000_000
    /// From the opening of a connection or the last answer to the next request's head, in
    /// nanoseconds.
    package var idleTime: UInt64 = 75_000_000_000
    /// How long a request waits for a free block before it is told to come back, in nanoseconds.
    package var blockWait: UInt64 = 2_000_000_000
    /// Between two looks for a free block, in nanoseconds.
    package var blockPause: UInt64 = 2_000_000
    /// What a sender is asked to wait before it tries again, in seconds.
    package var retryAfterSeconds = 5
    /// Refused lines that an answer names.
    package var linesNamed = 20
    /// Bytes read from a connection at once.
    package var readBytesMax = 64 << 10
    /// At a stop connections that are not through with their request have this long, in
    /// nanoseconds.
    package var drainTime: UInt64 = 2_000_000_000
    /// Between noting a refusal and handing it on, in nanoseconds.
    package var refusalPause: UInt64 = 50_000_000
    /// Senders and reasons that wait to be handed on together.
    package var refusalsHeld = 1_024

    package init() {}

    /// What the network library buffers of one connection, in bytes: ten pieces.
    static let piecesPerConnection = 10

    /// What this room holds at most of the bodies of requests, in bytes, with lines of at most
    /// `lineBytes`: pieces that were read and wait, the incomplete line, and for gzip a piece of
    /// input with the window of the format.
    package func requestMemoryBytes(lineBytes: Int) -> Int {
        requests * ((Self.piecesPerConnection + 1) * readBytesMax + lineBytes + (48 << 10))
    }
}
