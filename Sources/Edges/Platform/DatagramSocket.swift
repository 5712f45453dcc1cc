internal import CSystem
internal import Glibc

/// A UDP socket, either bound for receiving or connected for sending.
///
/// Protection argument for the unsafe code: the kernel gets pointers only into a span whose range
/// was checked, a local variable or array with its own count, or a string for the length of one
/// call.
package struct DatagramSocket: ~Copyable, Sendable {
    let descriptor: Descriptor
    /// `udp host:port` as asked for, for messages.
    private let subject: String

    /// Binds `host:port` for receiving without waiting. `host` is numeric; port 0 lets the kernel
    /// choose one; `setting` is the configuration key a person would have to change.
    package init(
        listeningOn host: String, port: UInt16, receiveBufferBytes: Int, setting: String
    ) throws(SystemFailure) {
        subject = "udp " + DatagramSocket.text(host: host, port: port)
        let wanted = Int32(clamping: receiveBufferBytes)
        let number = unsafe csystem_udp_listen(host, port, wanted)
        guard number >= 0 else {
            throw DatagramSocket.listenFailure(subject, code: -number, setting: setting)
        }
        descriptor = Descriptor(owning: number)
    }

    /// Connects to `host:port` for sending; `host` may be a name.
    package init(connectingTo host: String, port: UInt16) throws(SystemFailure) {
        subject = "udp " + DatagramSocket.text(host: host, port: port)
        let number = unsafe csystem_udp_connect(host, port)
        guard number != CSYSTEM_BAD_ADDRESS else {
            throw SystemFailure(
                "send to", subject, code: EINVAL, cause: "no such host",
                advice: "give an address or a name that resolves")
        }
        guard number >= 0 else { throw SystemFailure("send to", subject, code: -number) }
        descriptor = Descriptor(owning: number)
    }

    /// Where the socket is bound: `127.0.0.1:8094`, `[::1]:8094`.
    package var localAddress: String { DatagramSocket.text(host: local.host, port: local.port) }

    package var localPort: UInt16 { local.port }

    /// What the kernel granted, in bytes.
    package var receiveBufferBytes: Int { Int(csystem_receive_buffer(descriptor.number)) }

    /// The kernel's count of datagrams it dropped on this socket, modulo 2^32; nil on a kernel
    /// older than 4.12.
    package var drops: UInt32? {
        var value: UInt32 = 0
        return unsafe csystem_socket_drops(descriptor.number, &value) == 0 ? value : nil
    }

    /// Tells the kernel to queue nothing more; what it holds can still be received.
    package func refuseFurther() {
        // Without the filter the caller's own bound on draining applies.
        _ = csystem_refuse_datagrams(descriptor.number)
    }

    /// Waits until a datagram is there or the signal is raised.
    package func waitForInput(or wake: borrowing WakeSignal) throws(SystemFailure) {
        let code = csystem_wait_readable(descriptor.number, wake.descriptor.number)
        guard code >= 0 else { throw SystemFailure("wait on", subject, code: -code) }
    }

    /// Sends `bytes[range]` as one datagram.
    package func send(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(SystemFailure) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= bytes.count, "BUG: range outside span")
        while true {
            let sent = unsafe bytes.withUnsafeBytes { raw in
                unsafe Glibc.send(
                    descriptor.number, raw.baseAddress?.advanced(by: range.lowerBound),
                    range.count, 0)
            }
            if sent >= 0 { return }
            let code = errno
            if code != EINTR { throw SystemFailure("send to", subject, code: code) }
        }
    }

    private var local: (host: String, port: UInt16) {
        var bytes = [CChar](repeating: 0, count: 64)
        var port: UInt16 = 0
        let code = unsafe csystem_local_address(descriptor.number, &bytes, bytes.count, &port)
        guard code == 0 else { return ("unknown", 0) }
        let text = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return (String(decoding: text, as: UTF8.self), port)
    }

    private static func text(host: String, port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func listenFailure(
        _ subject: String, code: Int32, setting: String
    ) -> SystemFailure {
        switch code {
        case -CSYSTEM_BAD_ADDRESS:
            SystemFailure(
                "listen on", subject, code: EINVAL, cause: "not an IPv4 or IPv6 address",
                advice: "set \(setting) to an address such as 127.0.0.1:8094 or [::1]:8094")
        case EADDRINUSE:
            SystemFailure(
                "listen on", subject, code: code,
                advice: "another process has the port; stop it or set \(setting) to another"
                    + " address")
        case EADDRNOTAVAIL:
            SystemFailure(
                "listen on", subject, code: code, cause: "this machine does not have the address",
                advice: "set \(setting) to one that `ip address` shows")
        case EACCES, EPERM:
            SystemFailure(
                "listen on", subject, code: code,
                advice: "ports below 1024 need CAP_NET_BIND_SERVICE; set \(setting) to a higher"
                    + " port")
        default:
            SystemFailure("listen on", subject, code: code)
        }
    }
}
