// Protection argument for the unsafe calls: each gets a local structure or an array's own storage
// with its true size, or a string for the length of the call; none keeps a pointer after it
// returned.

package import Glibc

/// A plain sender on this machine: over any transport, and from any address of 127.0.0.0/8.
package final class LoopbackPeer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let descriptor: Int32

    /// UDP over IPv4.
    package convenience init(udp port: UInt16, from source: String = "127.0.0.1") throws {
        try self.init(AF_INET, SOCK_DGRAM)
        try bind(to: source)
        try connect(to: "127.0.0.1", port)
    }

    package convenience init(tcp port: UInt16, from source: String = "127.0.0.1") throws {
        try self.init(AF_INET, SOCK_STREAM)
        try bind(to: source)
        try connect(to: "127.0.0.1", port)
    }

    package convenience init(unixgram path: String) throws {
        try self.init(AF_UNIX, SOCK_DGRAM)
        try connect(to: path)
    }

    package convenience init(unix path: String) throws {
        try self.init(AF_UNIX, SOCK_STREAM)
        try connect(to: path)
    }

    /// UDP to a group, over one interface.
    package convenience init(group: String, on interface: String, port: UInt16) throws {
        let isIPv6 = group.contains(":")
        try self.init(isIPv6 ? AF_INET6 : AF_INET, SOCK_DGRAM)
        var index = unsafe if_nametoindex(interface)
        var request = ip_mreqn()
        request.imr_ifindex = Int32(index)
        let result =
            isIPv6
            ? unsafe setsockopt(
                descriptor, Int32(IPPROTO_IPV6), IPV6_MULTICAST_IF, &index,
                socklen_t(MemoryLayout<UInt32>.size))
            : unsafe setsockopt(
                descriptor, Int32(IPPROTO_IP), IP_MULTICAST_IF, &request,
                socklen_t(MemoryLayout<ip_mreqn>.size))
        guard result == 0 else { throw Self.failure("choose \(interface)") }
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_scope_id = index
            unsafe inet_pton(AF_INET6, group, &address.sin6_addr)
            try unsafe check("connect", address) { unsafe Glibc.connect(descriptor, $0, $1) }
        } else {
            try connect(to: group, port)
        }
    }

    /// UDP or TCP over IPv6.
    package convenience init(ipv6 port: UInt16, _ type: __socket_type) throws {
        try self.init(AF_INET6, type)
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        unsafe inet_pton(AF_INET6, "::1", &address.sin6_addr)
        try unsafe check("connect", address) { unsafe Glibc.connect(descriptor, $0, $1) }
    }

    private init(_ family: Int32, _ type: __socket_type) throws {
        descriptor = socket(family, Int32(type.rawValue), 0)
        guard descriptor >= 0 else { throw Self.failure("open a socket") }
    }

    deinit { close(descriptor) }

    /// Everything, waiting as long as the listener makes it wait.
    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        var position = 0
        repeat {
            let sent = try sendSome(bytes[position...], flags: 0)
            guard sent >= 0 else { throw Self.failure("send") }
            position += sent
        } while position < bytes.count
    }

    /// An interface over which IPv6 groups can be reached; the loopback usually has no route to
    /// any. What is sent to ff01::/16 does not leave the machine.
    package static let groupInterfaceIPv6: String? = {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { return nil }
        defer { unsafe freeifaddrs(first) }
        var next = unsafe first
        while let entry = unsafe next {
            unsafe next = entry.pointee.ifa_next
            let flags = unsafe Int32(bitPattern: entry.pointee.ifa_flags)
            let wanted = Int32(IFF_UP) | Int32(IFF_MULTICAST)
            guard flags & wanted == wanted, let address = unsafe entry.pointee.ifa_addr,
                unsafe address.pointee.sa_family == sa_family_t(AF_INET6)
            else { continue }
            return unsafe String(cString: entry.pointee.ifa_name)
        }
        return nil
    }()

    /// Says that nothing more comes.
    package func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// 0, or the errno that says why it was not taken: EAGAIN when it would have to wait.
    package func trySend(_ text: String) throws -> Int32 {
        try sendSome(Array(text.utf8)[...], flags: Int32(MSG_DONTWAIT)) < 0 ? errno : 0
    }

    /// Waits until the listener closes the connection; false when it does not within a minute.
    package func isClosedByListener() -> Bool {
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience,
            socklen_t(MemoryLayout<timeval>.size))
        var byte: UInt8 = 0
        let count = unsafe recv(descriptor, &byte, 1, 0)
        return count == 0 || (count < 0 && errno != EAGAIN)
    }

    private func sendSome(_ bytes: ArraySlice<UInt8>, flags: Int32) throws -> Int {
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.send(
                descriptor, buffer.baseAddress, buffer.count,
                flags | Int32(MSG_NOSIGNAL))
        }
    }

    private func bind(to host: String) throws {
        try unsafe check("bind to \(host)", Self.address(host, 0)) {
            unsafe Glibc.bind(descriptor, $0, $1)
        }
    }

    private func connect(to host: String, _ port: UInt16) throws {
        try unsafe check("connect to \(host):\(port)", Self.address(host, port)) {
            unsafe Glibc.connect(descriptor, $0, $1)
        }
    }

    private func connect(to path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        try unsafe check("connect to \(path)", address) {
            unsafe Glibc.connect(descriptor, $0, $1)
        }
    }

    private static func address(_ host: String, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        unsafe inet_pton(AF_INET, host, &address.sin_addr)
        return address
    }

    private func check<Address>(
        _ what: String, _ address: Address,
        _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws {
        let result = unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe call($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 else { throw Self.failure(what) }
    }

    private static func failure(_ what: String) -> Failure {
        Failure(description: "cannot \(what): errno \(errno)")
    }
}
