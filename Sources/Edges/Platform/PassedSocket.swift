internal import CPlatform
internal import Glibc

/// A socket this process was started with: the protocol of `sd_listen_fds(3)`, as systemd's socket
/// units speak it (`LISTEN_PID`, `LISTEN_FDS`, `LISTEN_FDNAMES`).
///
/// Whoever passed it keeps it open too, and gives it to the next process: it is never shut down
/// from here, and what it holds at a stop stays for the next one.
///
/// Protection argument for the unsafe code: variables of the environment are copied at once, and
/// only before any other thread of the program runs; names are lent as C strings for one call.
package struct PassedSocket: Hashable, Sendable {
    /// Its open descriptor. Exactly one ``DatagramSocket`` or ``ListeningSocket`` takes it over.
    package let number: Int32
    /// `FileDescriptorName=` of its unit, which is the unit's own name unless it says otherwise.
    package let name: String
    package let kind: SocketKind
    /// `127.0.0.1:8094`, `[::1]:8094`, or a path.
    package let address: String

    /// The first descriptor that is passed; SD_LISTEN_FDS_START.
    private static let first: Int32 = 3
    /// Descriptors that are believed to be passed, at most.
    private static let most: Int32 = 1_024

    /// Every socket meant for this process. The variables are removed, so that no child takes them
    /// for its own. To be called once.
    package static func take() throws(SystemFailure) -> [PassedSocket] {
        let process = variable("LISTEN_PID").flatMap { Int32($0) }
        let count = variable("LISTEN_FDS").flatMap { Int32($0) } ?? 0
        let names = (variable("LISTEN_FDNAMES") ?? "")
            .split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsafe unsetenv(name) }
        guard process == getpid(), count > 0 else { return [] }
        var sockets: [PassedSocket] = []
        for index in 0..<min(count, most) {
            let name = Int(index) < names.count ? names[Int(index)] : ""
            sockets.append(try socket(first + index, name: name.isEmpty ? "unknown" : name))
        }
        return sockets
    }

    private static func socket(
        _ number: Int32, name: String
    ) throws(SystemFailure) -> PassedSocket {
        let subject = "passed socket \(name) (descriptor \(number))"
        let code = csystem_socket_kind(number)
        let kind: SocketKind
        switch code {
        case Int32(CSYSTEM_UDP): kind = .udp
        case Int32(CSYSTEM_TCP): kind = .tcp
        case Int32(CSYSTEM_UNIX_DATAGRAM): kind = .unixgram
        case Int32(CSYSTEM_UNIX_STREAM): kind = .unix
        case -EINVAL:
            throw SystemFailure(
                "listen on", subject, code: -code, cause: "it is a connection, not a listener",
                advice: "set Accept=no in the socket unit")
        case -EPROTONOSUPPORT, -ENOTSOCK, -EBADF:
            throw SystemFailure(
                "listen on", subject, code: -code,
                cause: "lines come over UDP, TCP and Unix sockets only",
                advice: "use ListenDatagram= or ListenStream= in the socket unit")
        default: throw SystemFailure("listen on", subject, code: -code)
        }
        let adopted = csystem_adopt_socket(number, code)
        guard adopted >= 0 else { throw SystemFailure("listen on", subject, code: -adopted) }
        let address =
            kind.isUnix ? SocketAddress.path(of: number) : SocketAddress(of: number).text
        return PassedSocket(number: number, name: name, kind: kind, address: address)
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
