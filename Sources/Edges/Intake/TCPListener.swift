package import Platform
package import Primitives

/// One address where TCP connections are taken, with what is known about those who call there.
/// ``TCPIntake`` does the work for all of them.
package final class TCPListener: Sendable {
    /// Where it listens, with the port the kernel chose if it was asked to: `127.0.0.1:8094`.
    package let localAddress: String
    package let localPort: UInt16
    let socket: ListeningSocket
    let precision: StampPrecision

    /// Binds the socket; from here on the kernel takes connections. `setting` is the name of the
    /// configuration key, for the sentence when the address cannot be had.
    package init(
        host: String, port: UInt16, precision: StampPrecision = .auto,
        setting: String = "intake.tcp"
    ) throws(SystemFailure) {
        socket = try ListeningSocket(host: host, port: port, setting: setting)
        localAddress = socket.localAddress
        localPort = socket.localPort
        self.precision = precision
    }
}
