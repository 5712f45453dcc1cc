internal import CPlatform
internal import Glibc

/// Where a socket is bound, as host and port.
///
/// Protection argument for the unsafe code: the kernel gets pointers to a local array with its own
/// count and to a local variable, for the length of one call.
struct SocketAddress {
    let host: String
    let port: UInt16

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Where a bound socket is.
    init(of descriptor: borrowing Descriptor) {
        self.init(of: descriptor.number)
    }

    init(of descriptor: Int32) {
        var bytes = [CChar](repeating: 0, count: 64)
        var port: UInt16 = 0
        let code = unsafe csystem_local_address(descriptor, &bytes, bytes.count, &port)
        guard code == 0 else {
            self.init(host: "unknown", port: 0)
            return
        }
        let text = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        self.init(host: String(decoding: text, as: UTF8.self), port: port)
    }

    /// The path a Unix socket is bound to; `@` begins an abstract name.
    static func path(of descriptor: Int32) -> String {
        var bytes = [CChar](repeating: 0, count: 128)
        guard unsafe csystem_local_path(descriptor, &bytes, bytes.count) == 0 else {
            return "unknown"
        }
        let text = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: text, as: UTF8.self)
    }

    /// `127.0.0.1:8094`, `[::1]:8094`.
    var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Why a listener cannot be had here, and what to do about it. `setting` is the configuration
    /// key a person would have to change.
    func listenFailure(_ transport: String, code: Int32, setting: String) -> SystemFailure {
        let subject = transport + " " + text
        switch code {
        case -CSYSTEM_BAD_ADDRESS:
            return SystemFailure(
                "listen on", subject, code: EINVAL, cause: "not an IPv4 or IPv6 address",
                advice: "set \(setting) to an address such as 127.0.0.1:8094 or [::1]:8094")
        case EADDRINUSE:
            return SystemFailure(
                "listen on", subject, code: code,
                advice: "another process has the port; stop it or set \(setting) to another"
                    + " address")
        case EADDRNOTAVAIL:
            return SystemFailure(
                "listen on", subject, code: code, cause: "this machine does not have the address",
                advice: "set \(setting) to one that `ip address` shows")
        case EACCES, EPERM:
            return SystemFailure(
                "listen on", subject, code: code,
                advice: "ports below 1024 need CAP_NET_BIND_SERVICE; set \(setting) to a higher"
                    + " port")
        default:
            return SystemFailure("listen on", subject, code: code)
        }
    }
}
