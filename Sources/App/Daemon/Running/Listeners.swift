import Intake
import LineProtocol
import Logging
import Platform
import Primitives
import Web

/// Every listener the configuration asks for, and every socket the process was started with, bound
/// and not yet running.
///
/// A passed socket is used by the listener of its name, else by the one whose address it has;
/// others are listeners without settings of their own.
struct Listeners: Sendable {
    private(set) var udp: [UDPListener] = []
    /// One for all TCP and Unix stream listeners; `nil` when there are none.
    private(set) var tcp: TCPIntake?
    /// One for HTTP and for TLS; `nil` when there is neither.
    private(set) var web: WebServer?

    init(
        _ settings: IntakeSettings, passed: [PassedSocket] = [], logger: Logger
    ) throws(CommandFailure) {
        let limits = IntakeLimits(settings)
        var streams: [TCPListener] = []
        var secured: [WebListener] = []
        let places = try Self.places(settings, passed)
        let secrets = try Self.secrets(places, logger: logger)
        do throws(SystemFailure) {
            for (place, secrets) in zip(places, secrets) {
                if let kind = place.web {
                    secured.append(
                        WebListener(
                            kind, try place.listeningSocket(), policy: place.policy,
                            tokens: secrets.tokens, tls: secrets.tls, limits: limits))
                } else if place.kind.isStream {
                    streams.append(TCPListener(try place.listeningSocket(), policy: place.policy))
                } else {
                    udp.append(
                        try UDPListener(
                            try place.datagramSocket(limits), policy: place.policy, limits: limits,
                            boundary: RecordSplit.end, logger: logger))
                }
            }
            if !secured.isEmpty {
                web = WebServer(
                    secured, limits: WebLimits(settings), intake: limits, version: Version.text,
                    logger: logger)
            }
            if !streams.isEmpty {
                tcp = try TCPIntake(
                    streams, limits: limits, boundary: RecordSplit.end, logger: logger)
            }
        } catch {
            throw CommandFailure(error.description, .unavailable)
        }
        let connections =
            (tcp == nil ? 0 : settings.maximumConnections)
            + (web == nil ? 0 : settings.maximumWebConnections)
        if connections > 0 { Self.raiseDescriptorLimit(connections, logger: logger) }
    }

    private static func places(
        _ settings: IntakeSettings, _ passed: [PassedSocket]
    ) throws(CommandFailure) -> [ListenerPlace] {
        do throws(SystemFailure) {
            return try settings.places(passed)
        } catch {
            throw CommandFailure(error.description, .unavailable)
        }
    }

    private static func secrets(
        _ places: [ListenerPlace], logger: Logger
    ) throws(CommandFailure) -> [WebSecrets] {
        var secrets: [WebSecrets] = []
        for place in places { secrets.append(try WebSecrets(place.files, logger: logger)) }
        return secrets
    }

    /// As they are announced.
    var places: [String] { all.flatMap(\.places) + (web?.places ?? []) }

    var all: [any LineListener] { udp.map { $0 } + (tcp.map { [$0] } ?? []) }

    var counts: IntakeCounts {
        let each = udp.map { (listener: $0.localAddress, counts: $0.counts) }
        return IntakeCounts(
            udp: UDPCounts(sumOf: each.map(\.counts)), tcp: tcp?.counts ?? TCPCounts(),
            web: web?.counts ?? WebCounts(), eachUDP: each)
    }

    /// How much the kernel dropped at each datagram listener, in their order.
    var drops: [(listener: String, total: UInt64)] {
        udp.map { ($0.localAddress, $0.counts.kernelDrops) }
    }

    /// Files and sockets the daemon needs beside its connections.
    private static let otherDescriptors = 128

    private static func raiseDescriptorLimit(_ connections: Int, logger: Logger) {
        let wanted = connections + otherDescriptors
        let granted = DescriptorLimit.raise(to: wanted)
        guard granted < wanted else { return }
        logger.warning(
            "intake.maximum_connections cannot be reached; raise the limit of open files",
            metadata: ["descriptors": "\(granted)", "descriptors.wanted": "\(wanted)"])
    }
}

/// What all listeners together have received and lost.
struct IntakeCounts: Sendable {
    var udp = UDPCounts()
    var tcp = TCPCounts()
    var web = WebCounts()
    /// Of each datagram listener.
    var eachUDP: [(listener: String, counts: UDPCounts)] = []
}

extension IntakeLimits {
    init(_ settings: IntakeSettings) {
        self.init()
        receiveBufferBytes = settings.receiveBufferBytes
        lineBytesMax = settings.maximumLineBytes
        connections = settings.maximumConnections
        connectionsPerSource = settings.maximumConnectionsPerSource
        linesPerSecond = settings.linesPerSecond
        connectionIdleTime = UInt64(max(0, settings.idleTimeout.nanoseconds))
    }
}

extension UDPCounts {
    /// What several listeners have received and lost together.
    init(sumOf listeners: [UDPCounts]) {
        self.init()
        for counts in listeners {
            datagrams += counts.datagrams
            bytes += counts.bytes
            kernelDrops += counts.kernelDrops
            truncated += counts.truncated
            disallowed += counts.disallowed
            linesOverRate += counts.linesOverRate
        }
    }
}
