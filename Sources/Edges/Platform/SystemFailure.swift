internal import CPlatform
internal import Glibc

/// Something the operating system refused, told as one sentence.
///
/// Shape: *cannot* `operation` `subject`: `cause` - `advice`. For example "cannot listen on udp
/// 127.0.0.1:8094: address already in use - another process has the port; stop it or set
/// intake.udp to another address".
///
/// Protection argument for the unsafe code: the C text is a constant of the C library and is
/// copied at once.
package struct SystemFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, as the words after "cannot".
    package let operation: String
    /// The file, address or thread it was tried on.
    package let subject: String
    /// The errno.
    package let code: Int32
    package let cause: String
    /// What a person can do about it; empty when the cause says it all.
    package let advice: String

    /// `cause` defaults to the system's own words for `code`.
    package init(
        _ operation: String, _ subject: String, code: Int32, cause: String? = nil,
        advice: String = ""
    ) {
        self.operation = operation
        self.subject = subject
        self.code = code
        self.cause = cause ?? SystemFailure.text(of: code)
        self.advice = advice
    }

    package var description: String {
        "cannot \(operation) \(subject): \(cause)" + (advice.isEmpty ? "" : " - \(advice)")
    }

    /// True when the same call may succeed later without anybody changing anything here.
    package var isRetryable: Bool {
        switch code {
        case EAGAIN, EINTR, ENOBUFS, ENOMEM, ENOSPC, EDQUOT, EBUSY, EMFILE, ENFILE, EIO,
            ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH, ENETDOWN:
            true
        default: false
        }
    }

    package static let notFound = ENOENT
    package static let connectionRefused = ECONNREFUSED
    package static let noBuffers = ENOBUFS
    package static let wrongProtocol = EPROTOTYPE

    /// The same failure with something to do about it.
    package func advising(_ advice: String) -> SystemFailure {
        SystemFailure(operation, subject, code: code, cause: cause, advice: advice)
    }

    /// "Address already in use" inside a sentence is "address already in use".
    private static func text(of code: Int32) -> String {
        guard let text = unsafe csystem_error_text(code) else { return "system error \(code)" }
        let words = unsafe String(cString: text)
        return words.prefix(1).lowercased() + words.dropFirst()
    }
}
