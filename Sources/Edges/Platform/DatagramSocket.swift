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
        let address = SocketAddress(host: host, port: port)
        subject = "udp " + address.text
        let wanted = Int32(clamping: receiveBufferBytes)
        let number = unsafe csystem_udp_listen(host, port, wanted)
        guard number >= 0 else {
            throw address.listenFailure("udp", code: -number, setting: setting)
        }
        descriptor = Descriptor(owning: number)
    }

    /// Connects to `host:port` for sending; `host` may be a name.
    package init(connectingTo host: String, port: UInt16) throws(SystemFailure) {
        subject = "udp " + SocketAddress(host: host, port: port).text
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
    package var localAddress: String { SocketAddress(of: descriptor).text }

    package var localPort: UInt16 { SocketAddress(of: descriptor).port }

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
}
