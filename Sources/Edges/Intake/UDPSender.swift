package import Platform

/// Sends lines to a UDP listener at a chosen rate; the simulator's way out.
///
/// Datagrams carry whole lines only. There is no acknowledgement: what was sent may still be lost,
/// and the receiver is the one who counts that.
package struct UDPSender: ~Copyable {
    package private(set) var sentLines: UInt64 = 0
    package private(set) var sentBytes: UInt64 = 0
    package private(set) var sentDatagrams: UInt64 = 0
    /// Lines longer than any datagram; they are skipped.
    package private(set) var overlongLines: UInt64 = 0

    private let socket: DatagramSocket
    private let datagramBytesMax: Int
    private var pace: Pace?

    /// The most IPv4 can carry in one datagram.
    private static let datagramBytesLimit = 65_507

    /// `datagramBytesMax` of 1,400 stays below the usual Ethernet frame, so that nothing is
    /// fragmented. Without a rate lines go out as fast as the system takes them.
    package init(
        host: String, port: UInt16, datagramBytesMax: Int = 1_400, linesPerSecond: Double? = nil
    ) throws(SystemFailure) {
        precondition(datagramBytesMax > 0, "BUG: empty datagrams")
        socket = try DatagramSocket(connectingTo: host, port: port)
        self.datagramBytesMax = min(datagramBytesMax, UDPSender.datagramBytesLimit)
        pace = linesPerSecond.map { Pace(perSecond: $0, start: MonotonicClock.now()) }
    }

    /// Sends whole lines, waiting as the rate demands. The last line needs no newline.
    package mutating func send(_ lines: Span<UInt8>) throws(SystemFailure) {
        let linesMax = pace?.burst ?? .max
        var start = 0
        var end = 0
        var held = 0
        while end < lines.count {
            var next = end
            while next < lines.count && lines[next] != 0x0A { next += 1 }
            next = min(next + 1, lines.count)
            if held > 0 && (next - start > datagramBytesMax || held == linesMax) {
                try emit(lines, start..<end, lines: held)
                start = end
                held = 0
            }
            if next - end > UDPSender.datagramBytesLimit {
                overlongLines += 1
                start = next
            } else {
                held += 1
            }
            end = next
        }
        if held > 0 { try emit(lines, start..<end, lines: held) }
    }

    private mutating func emit(
        _ bytes: Span<UInt8>, _ range: Range<Int>, lines: Int
    ) throws(SystemFailure) {
        if let due = pace?.due(after: sentLines) { MonotonicClock.sleep(until: due) }
        try sendPatiently(bytes, range)
        sentLines += UInt64(lines)
        sentBytes += UInt64(range.count)
        sentDatagrams += 1
    }

    /// A full network queue empties by itself: up to a second is waited for it. A refusal is the
    /// answer to an earlier datagram and means that nobody listens.
    private func sendPatiently(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(SystemFailure) {
        var attempts = 0
        while true {
            do throws(SystemFailure) {
                return try socket.send(bytes, range)
            } catch {
                if error.code == SystemFailure.connectionRefused {
                    throw error.advising("nothing listens there; start the receiver first")
                }
                attempts += 1
                guard error.code == SystemFailure.noBuffers, attempts < 1_000 else { throw error }
                MonotonicClock.sleep(until: MonotonicClock.now() + 1_000_000)
            }
        }
    }
}

/// When the next lines may go out so that the rate holds on average.
struct Pace: Sendable {
    private let perSecond: Double
    private let start: UInt64

    init(perSecond: Double, start: UInt64) {
        precondition(perSecond > 0, "BUG: no rate")
        self.perSecond = perSecond
        self.start = start
    }

    /// Lines that may share a datagram: ten milliseconds' worth, so that a slow rate stays smooth.
    var burst: Int { max(1, Int(min(perSecond / 100, 1e6))) }

    /// The moment the line after `lines` others is due. Nanoseconds from `start`, not from the
    /// line before, so that late wake-ups do not add up.
    func due(after lines: UInt64) -> UInt64 {
        start &+ UInt64(min(Double(lines) / perSecond * 1e9, 9e18))
    }
}
