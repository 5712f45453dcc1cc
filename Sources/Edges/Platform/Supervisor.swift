internal import CPlatform
internal import Glibc

/// Whoever started this program and watches over it, by the protocol of sd_notify(3): systemd, or
/// anything else that sets `NOTIFY_SOCKET`.
///
/// Protection argument for the unsafe code: one call gets a name and bytes that are lent for its
/// duration, with their true count, and keeps neither.
package struct Supervisor: Sendable {
    /// Nanoseconds after which it takes the program for hung when it has not been told
    /// ``Word/alive``; `nil` when it does not watch.
    package let patience: UInt64?
    private let socket: String

    /// `nil` when nobody listens. `WATCHDOG_PID` names the process the watchdog is meant for: one
    /// that only inherited the variables must not answer for it.
    package init?(
        environment: [String: String], process: Int32 = Supervisor.thisProcess
    ) {
        guard let socket = environment["NOTIFY_SOCKET"], !socket.isEmpty else { return nil }
        self.socket = socket
        let isMeant = environment["WATCHDOG_PID"].map { $0 == String(process) } ?? true
        guard isMeant, let microseconds = environment["WATCHDOG_USEC"].flatMap(UInt64.init),
            microseconds > 0
        else {
            patience = nil
            return
        }
        let (nanoseconds, overflows) = microseconds.multipliedReportingOverflow(by: 1_000)
        patience = overflows ? .max : nanoseconds
    }

    package static var thisProcess: Int32 { getpid() }

    /// What it can be told, and how that is spelled.
    package enum Word: String, Sendable {
        case ready = "READY=1"
        case stopping = "STOPPING=1"
        case alive = "WATCHDOG=1"
    }

    /// Tells it a word, and what `systemctl status` shows from now on. Waits at most five seconds.
    package func tell(_ word: Word, status: String? = nil) throws(SystemFailure) {
        var text = word.rawValue
        if let status {
            // A newline would end the assignment and begin another.
            text += "\nSTATUS=" + status.map { $0.isNewline ? " " : String($0) }.joined()
        }
        let bytes = Array(text.utf8)
        let code = unsafe bytes.withUnsafeBytes { raw in
            unsafe csystem_unix_send(socket, raw.baseAddress, raw.count)
        }
        guard code != CSYSTEM_BAD_ADDRESS else {
            throw SystemFailure(
                "notify", socket, code: EINVAL, cause: "not the path or name of a Unix socket",
                advice: "set NOTIFY_SOCKET to a path from / or to @ and a name, or unset it")
        }
        guard code == 0 else { throw SystemFailure("notify", socket, code: -code) }
    }
}
