// Protection argument for the unsafe calls: `bind` gets a local address structure with a length no
// greater than its size, `recv` an array's own storage with its true count; none keeps a pointer
// after it returned.

import Glibc

/// A supervisor's end of the notification protocol: a Unix datagram socket.
package final class NotificationSocket {
    private let descriptor: Int32

    /// A path, or `@` and an abstract name. `nil` when it cannot be bound.
    package init?(_ name: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if bytes.first == 0x40 { bytes[0] = 0 }
        guard bytes.count < 107 else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
            for (index, byte) in bytes.enumerated() { unsafe path[index] = byte }
        }
        let isPath = bytes.first != 0
        let length = socklen_t(2 + bytes.count + (isPath ? 1 : 0))
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length)
            }
        }
        guard result == 0 else { return nil }
        // A test that waits in vain ends.
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience,
            socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Waits for the next message; `nil` after a minute.
    package func next() -> String? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
        }
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
