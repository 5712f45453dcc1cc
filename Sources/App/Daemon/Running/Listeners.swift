import Intake
import LineProtocol
import Logging
import Platform
import Primitives

/// Every listener the configuration asks for, bound and not yet running.
struct Listeners: Sendable {
    private(set) var udp: [UDPListener] = []
    /// One for all TCP listeners; `nil` when there are none.
    private(set) var tcp: TCPIntake?

    init(_ settings: IntakeSettings, logger: Logger) throws(CommandFailure) {
        let limits = IntakeLimits(settings)
        var streams: [TCPListener] = []
        for listener in settings.places {
            guard let (host, port) = AddressText.parts(listener.address) else {
                throw CommandFailure("\(listener.address) is not host:port", .configuration)
            }
            do throws(SystemFailure) {
                switch listener.transport {
                case .udp:
                    udp.append(
                        try UDPListener(
                            host: host, port: port, precision: listener.precision, limits: limits,
                            setting: listener.setting, logger: logger))
                case .tcp:
                    streams.append(
                        try TCPListener(
                            host: host, port: port, precision: listener.precision,
                            setting: listener.setting))
                }
            } catch {
                throw CommandFailure(error.description, .unavailable)
            }
        }
        guard !streams.isEmpty else { return }
        do throws(SystemFailure) {
            tcp = try TCPIntake(
                streams, limits: limits, boundary: RecordSplit.end, logger: logger)
        } catch {
            throw CommandFailure(error.description, .unavailable)
        }
        Self.raiseDescriptorLimit(settings.maximumConnections, logger: logger)
    }

    var all: [any LineListener] { udp.map { $0 } + (tcp.map { [$0] } ?? []) }

    var counts: IntakeCounts {
        IntakeCounts(udp: UDPCounts(sumOf: udp.map(\.counts)), tcp: tcp?.counts ?? TCPCounts())
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
}

extension IntakeSettings {
    /// A listener with the configuration key a person would have to change to move it.
    fileprivate struct Place {
        var transport: ListenerTransport
        var address: String
        var precision = StampPrecision.auto
        var setting: String
    }

    fileprivate var places: [Place] {
        udp.map { Place(transport: .udp, address: $0, setting: "intake.udp") }
            + tcp.map { Place(transport: .tcp, address: $0, setting: "intake.tcp") }
            + listeners.map {
                Place(
                    transport: $0.transport, address: $0.address, precision: $0.precision,
                    setting: keyText(["listener", $0.name, "address"]))
            }
    }
}

extension IntakeLimits {
    init(_ settings: IntakeSettings) {
        self.init()
        receiveBufferBytes = settings.receiveBufferBytes
        lineBytesMax = settings.maximumLineBytes
        connections = settings.maximumConnections
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
        }
    }
}
