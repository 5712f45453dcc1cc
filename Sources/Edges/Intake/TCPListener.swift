package import Platform
package import Primitives

/// One place where connections are taken, over TCP or a Unix socket, with what is known about those
/// who call there. ``TCPIntake`` does the work for all of them.
package final class TCPListener: Sendable {
    /// Where it listens, with the port the kernel chose if it was asked to: `127.0.0.1:8094`.
    package let localAddress: String
    /// 0 for a Unix socket.
    package let localPort: UInt16
    package let kind: SocketKind
    let socket: ListeningSocket
    let policy: ListenerPolicy

    /// Binds a TCP socket; from here on the kernel takes connections. `setting` is the name of the
    /// configuration key, for the sentence when the address cannot be had.
    package convenience init(
        host: String, port: UInt16, precision: StampPrecision = .auto,
        setting: String = "intake.tcp"
    ) throws(SystemFailure) {
        self.init(
            try ListeningSocket(host: host, port: port, setting: setting),
            policy: ListenerPolicy(precision: precision))
    }

    package init(_ socket: consuming ListeningSocket, policy: ListenerPolicy) {
        kind = socket.kind
        localAddress = socket.localAddress
        localPort = socket.localPort
        self.socket = socket
        self.policy = policy
    }
}
