package import Primitives

/// Why a listener refused something before it became lines.
package enum IntakeRefusalReason: String, CaseIterable, Sendable {
    /// No end of the line came within the longest line there may be.
    case lineTooLong = "line_too_long"
    /// The connection ended otherwise than by the peer's closing it, in the middle of this line.
    case connectionLost = "connection_lost"
    /// As many connections are open as there may be.
    case tooManyConnections = "too_many_connections"
    /// As many connections of this sender are open as one sender may have.
    case tooManyConnectionsOfSource = "too_many_connections_of_source"
    /// The sender's address is not on the listener's list.
    case sourceNotAllowed = "source_not_allowed"
    /// The sender sends more lines than one sender may on this listener.
    case rateExceeded = "rate_exceeded"
    /// More senders at once than rates are kept for.
    case tooManySources = "too_many_sources"

    /// False for connections and datagrams that never became lines.
    package var isAboutALine: Bool {
        switch self {
        case .lineTooLong, .connectionLost, .rateExceeded, .tooManySources: true
        case .tooManyConnections, .tooManyConnectionsOfSource, .sourceNotAllowed: false
        }
    }
}

/// What a listener refused, of one sender and for one reason. It travels on a ``LineBlock``, the
/// only way from a listener to the engine, which counts it beside its own refusals.
package struct IntakeRefusal: Equatable, Sendable {
    package let source: LineSource
    package let reason: IntakeRefusalReason
    package private(set) var count: Int
    package let arrival: Timestamp
    /// The beginning of the first one, at most ``sampleBytes``; empty for connections.
    package let sample: [UInt8]

    static let sampleBytes = 120
    /// Different ones that one block can carry.
    static let perBlock = 32

    init(
        _ reason: IntakeRefusalReason, source: LineSource, arrival: Timestamp,
        sample: [UInt8] = [], count: Int = 1
    ) {
        self.reason = reason
        self.source = source
        self.arrival = arrival
        self.sample = sample
        self.count = count
    }

    /// The beginning of the first line, clipped.
    static func sample(of bytes: Span<UInt8>) -> [UInt8] {
        var sample: [UInt8] = []
        for index in 0..<min(bytes.count, sampleBytes) {
            if bytes[index] == 0x0A { break }
            sample.append(bytes[index])
        }
        return sample
    }

    /// Adds one more of the same kind; false when it is of another.
    mutating func merge(_ other: IntakeRefusal) -> Bool {
        guard other.source == source, other.reason == reason else { return false }
        count += other.count
        return true
    }
}
