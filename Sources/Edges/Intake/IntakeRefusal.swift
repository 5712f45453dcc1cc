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

    /// A request without a token, or with a wrong one.
    case unauthorized
    /// The body of a request is larger than it may be, packed or unpacked.
    case bodyTooLarge = "body_too_large"
    /// The body of a request cannot be unpacked.
    case corruptBody = "corrupt_body"
    /// A request whose end did not come in time.
    case requestTimeout = "request_timeout"

    /// False for connections, datagrams and requests that never became lines.
    package var isAboutALine: Bool {
        switch self {
        case .lineTooLong, .connectionLost, .rateExceeded, .tooManySources: true
        case .tooManyConnections, .tooManyConnectionsOfSource, .sourceNotAllowed, .unauthorized,
            .bodyTooLarge, .corruptBody, .requestTimeout:
            false
        }
    }
}

/// What a listener refused, of one sender and for one reason. It travels on a ``LineBlock``, the
/// only way from a listener to the engine, which counts it beside its own refusals.
package struct IntakeRefusal: Equatable, Sendable {
    package let source: LineSource
    /// `nil` for a line that the grammar refused, where a listener asks it itself.
    package let reason: IntakeRefusalReason?
    /// The word it is counted under.
    package let name: String
    /// Of the newest one: 1 is the first byte.
    package private(set) var column = 1
    package private(set) var count: Int
    package let arrival: Timestamp
    /// The beginning of the first one, at most ``sampleBytes``; empty for connections.
    package let sample: [UInt8]

    package static let sampleBytes = 120
    /// Different ones that one block can carry.
    package static let perBlock = 32

    package init(
        _ reason: IntakeRefusalReason, source: LineSource, arrival: Timestamp,
        sample: [UInt8] = [], count: Int = 1
    ) {
        self.reason = reason
        name = reason.rawValue
        self.source = source
        self.arrival = arrival
        self.sample = sample
        self.count = count
    }

    /// The beginning of the first line, clipped.
    package static func sample(of bytes: Span<UInt8>) -> [UInt8] {
        var sample: [UInt8] = []
        for index in 0..<min(bytes.count, sampleBytes) {
            if bytes[index] == 0x0A { break }
            sample.append(bytes[index])
        }
        return sample
    }

    /// A line that the grammar refused for the reason `name`, at `column`.
    package init(
        line name: String, column: Int, source: LineSource, arrival: Timestamp, sample: [UInt8]
    ) {
        reason = nil
        self.name = name
        self.column = column
        self.source = source
        self.arrival = arrival
        self.sample = sample
        count = 1
    }

    package var isAboutALine: Bool { reason?.isAboutALine ?? true }

    /// Adds one more of the same kind; false when it is of another.
    package mutating func merge(_ other: IntakeRefusal) -> Bool {
        guard other.source == source, other.name == name else { return false }
        count += other.count
        column = other.column
        return true
    }
}
