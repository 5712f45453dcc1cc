internal import CPlatform
internal import Glibc

/// A socket of datagrams: UDP or Unix and bound for receiving, or UDP and connected for sending.
///
/// Protection argument for the unsafe code: the kernel gets pointers only into a span whose range
/// was checked, a local variable or array with its own count, or a string for the length of one
/// call.
package struct DatagramSocket: ~Copyable, Sendable {
    let descriptor: Descriptor
    package let kind: SocketKind
    /// `udp host:port` as asked for, for messages.
    private let subject: String
    /// A Unix socket's own file.
    private let file: UnixSocketFile?
    /// Whoever passed it keeps it open and gives it to the next process.
    private let isPassed: Bool

    /// A multicast group that a socket receives from.
    package struct Group: Hashable, Sendable {
        /// Numeric, such as `239.1.2.3` or `ff05::114`.
        package var address: String
        /// Name of the network interface; empty lets the kernel choose.
        package var interface: String

        package init(address: String, interface: String = "") {
            self.address = address
            self.interface = interface
        }

        fileprivate func join(_ number: Int32, setting: String) throws(SystemFailure) {
            let code = unsafe csystem_join_group(number, address, interface)
            guard code < 0 else { return }
            let advice =
                -code == ENODEV
                ? "set interface to one that `ip link` shows and that has an address"
                : "set multicast to a group such as 239.1.2.3 or ff05::114"
            let place = interface.isEmpty ? "" : " on \(interface)"
            throw SystemFailure(
                "join", "multicast group \(address)\(place)",
                code: -code, advice: "\(advice) (\(setting))")
        }
    }

    /// Binds `host:port` for receiving without waiting. `host` is numeric; port 0 lets the kernel
    /// choose one; `setting` is the configuration key a person would have to change. Several
    /// sockets of one machine may receive from a group at one port.
    package init(
        listeningOn host: String, port: UInt16, group: Group? = nil, receiveBufferBytes: Int,
        setting: String
    ) throws(SystemFailure) {
        let address = SocketAddress(host: host, port: port)
        let wanted = Int32(clamping: receiveBufferBytes)
        let number = unsafe csystem_udp_listen(host, port, wanted, group != nil)
        guard number >= 0 else {
            throw address.listenFailure("udp", code: -number, setting: setting)
        }
        do throws(SystemFailure) {
            if let group { try group.join(number, setting: setting) }
        } catch {
            close(number)
            throw error
        }
        descriptor = Descriptor(owning: number)
        kind = .udp
        subject = "udp " + address.text
        file = nil
        isPassed = false
    }

    /// Makes a Unix socket for receiving. `setting` is the section of the configuration a person
    /// would have to change.
    package init(
        listeningAt request: UnixSocketFile.Request, setting: String
    ) throws(SystemFailure) {
        let (number, file) = try UnixSocketFile.bind(request, .unixgram, setting: setting)
        descriptor = Descriptor(owning: number)
        self.file = file
        kind = .unixgram
        subject = "unixgram " + request.path
        isPassed = false
    }

    /// Takes over a socket this process was started with.
    package init(
        takingOver passed: PassedSocket, group: Group? = nil, setting: String = ""
    ) throws(SystemFailure) {
        precondition(!passed.kind.isStream, "BUG: no datagram socket")
        if let group { try group.join(passed.number, setting: setting) }
        descriptor = Descriptor(owning: passed.number)
        kind = passed.kind
        subject = "\(passed.kind.rawValue) \(passed.address)"
        file = nil
        isPassed = true
    }

    /// Connects to `host:port` for sending; `host` may be a name.
    package init(connectingTo host: String, port: UInt16) throws(SystemFailure) {
        subject = "udp " + SocketAddress(host: host, port: port).text
        kind = .udp
        file = nil
        isPassed = false
        let number = unsafe csystem_udp_connect(host, port)
        guard number != CSYSTEM_BAD_ADDRESS else {
            throw SystemFailure(
                "send to", subject, code: EINVAL, cause: "no such host",
                advice: "give an address or a name that resolves")
        }
        guard number >= 0 else { throw SystemFailure("send to", subject, code: -number) }
        descriptor = Descriptor(owning: number)
    }

    /// Where the socket is bound: `127.0.0.1:8094`, `[::1]:8094`, `/run/forestall/lines`.
    package var localAddress: String {
        kind.isUnix
            ? SocketAddress.path(of: descriptor.number) : SocketAddress(of: descriptor).text
    }

    /// 0 for a Unix socket.
    package var localPort: UInt16 { kind.isUnix ? 0 : SocketAddress(of: descriptor).port }

    /// What the kernel granted, in bytes.
    package var receiveBufferBytes: Int { Int(csystem_receive_buffer(descriptor.number)) }

    /// The kernel's count of datagrams it dropped on this socket, modulo 2^32; nil on a kernel
    /// older than 4.12, and for a Unix socket, whose senders wait instead.
    package var drops: UInt32? {
        if kind.isUnix { return nil }
        var value: UInt32 = 0
        return unsafe csystem_socket_drops(descriptor.number, &value) == 0 ? value : nil
    }

    /// Tells the kernel to queue nothing more; what it holds can still be received. A socket that
    /// was passed goes on: what comes now is for the next process.
    package func refuseFurther() {
        if isPassed { return }
        if kind == .unixgram {
            file?.remove()
            // Senders that have the socket already are told: broken pipe.
            _ = shutdown(descriptor.number, Int32(SHUT_RD))
        } else {
            // Without the filter the caller's own bound on draining applies.
            _ = csystem_refuse_datagrams(descriptor.number)
        }
    }

    /// Waits until a datagram is there or the signal is raised, or that many milliseconds; `nil` is
    /// for ever.
    package func waitForInput(
        or wake: borrowing WakeSignal, milliseconds: Int32? = nil
    ) throws(SystemFailure) {
        let code = csystem_wait_readable(
            descriptor.number, wake.descriptor.number, milliseconds ?? -1)
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
