import Intake
import Platform
import Primitives
import Web

/// One place to listen: of the configuration, of a socket the process was started with, or of both.
struct ListenerPlace {
    var kind: SocketKind
    /// `host:port`, or the path of a Unix socket.
    var address: String
    var policy: ListenerPolicy
    /// Of the listener in the configuration; empty for those of `intake.udp` and `intake.tcp`.
    var name = ""
    /// The configuration key a person would have to change.
    var setting: String
    /// For a Unix socket.
    var file = UnixSocketFile.Request(path: "")
    var group: DatagramSocket.Group?
    /// How the web server speaks here; `nil` where it does not listen.
    var web: WebListener.Kind?
    var files = WebSecrets.Files()
    /// The open socket to use instead of a new one.
    var passed: PassedSocket?

    func datagramSocket(_ limits: IntakeLimits) throws(SystemFailure) -> DatagramSocket {
        if let passed {
            return try DatagramSocket(takingOver: passed, group: group, setting: setting)
        }
        if kind.isUnix { return try DatagramSocket(listeningAt: file, setting: setting) }
        let (host, port) = parts
        return try DatagramSocket(
            listeningOn: host, port: port, group: group,
            receiveBufferBytes: limits.receiveBufferBytes, setting: setting)
    }

    func listeningSocket() throws(SystemFailure) -> ListeningSocket {
        if let passed { return ListeningSocket(takingOver: passed) }
        if kind.isUnix { return try ListeningSocket(listeningAt: file, setting: setting) }
        let (host, port) = parts
        return try ListeningSocket(host: host, port: port, setting: setting)
    }

    /// The loader has checked that it is an address; the kernel says so of anything else.
    private var parts: (host: String, port: UInt16) {
        AddressText.parts(address) ?? (address, 0)
    }

    /// Whether a passed socket is what this place asks for.
    func matches(_ socket: PassedSocket) -> Bool {
        socket.kind == kind && socket.address == address
    }
}

extension IntakeSettings {
    /// Where to listen: the configuration's places, each with the passed socket that is meant for
    /// it, then the passed sockets nobody asked for.
    func places(_ passed: [PassedSocket]) throws(SystemFailure) -> [ListenerPlace] {
        var places = configuredPlaces
        for socket in passed {
            let named = places.firstIndex { $0.name == socket.name && $0.passed == nil }
            if let named, places[named].kind != socket.kind {
                throw SystemFailure(
                    "listen on", "passed socket \(socket.name)", code: SystemFailure.wrongProtocol,
                    cause: "it is \(socket.kind.rawValue), and \(places[named].setting) is "
                        + places[named].kind.rawValue,
                    advice: "give the socket another FileDescriptorName or the listener another "
                        + "transport")
            }
            let place =
                named ?? places.firstIndex { $0.passed == nil && $0.matches(socket) }
            if let place {
                places[place].passed = socket
            } else {
                places.append(
                    ListenerPlace(
                        kind: socket.kind, address: socket.address,
                        policy: ListenerPolicy(linesPerSecond: rateOfOthers), setting: "",
                        passed: socket))
            }
        }
        return places
    }

    /// Of listeners that say nothing else.
    private var rateOfOthers: Int { IntakeLimits(self).linesPerSecond }

    private var configuredPlaces: [ListenerPlace] {
        let plain = ListenerPolicy(linesPerSecond: rateOfOthers)
        return udp.map {
            ListenerPlace(kind: .udp, address: $0, policy: plain, setting: "intake.udp")
        }
            + tcp.map {
                ListenerPlace(kind: .tcp, address: $0, policy: plain, setting: "intake.tcp")
            }
            + http.map {
                ListenerPlace(
                    kind: .tcp, address: $0, policy: plain, setting: "intake.http", web: .http)
            } + listeners.map(place)
    }

    private func place(_ listener: ListenerSettings) -> ListenerPlace {
        let kind = listener.transport.socketKind
        let policy = ListenerPolicy(
            precision: listener.precision, terms: termsIndex(of: listener),
            allowed: listener.allow, linesPerSecond: listener.linesPerSecond ?? rateOfOthers)
        let section = ["listener", listener.name]
        var place = ListenerPlace(
            kind: kind, address: kind.isUnix ? listener.path : listener.address, policy: policy,
            name: listener.name, setting: keyText(kind.isUnix ? section : section + ["address"]))
        place.file = UnixSocketFile.Request(
            path: listener.path, mode: UInt32(listener.mode), owner: listener.owner)
        place.files = WebSecrets.Files(listener)
        if listener.transport == .http {
            place.web = .http
        } else if place.files.hasTLS {
            place.web = .stream
        }
        if !listener.multicast.isEmpty {
            place.group = DatagramSocket.Group(
                address: listener.multicast, interface: listener.interface)
        }
        return place
    }
}
