internal import Platform

/// Why a recording could not be read, or not to its end.
package struct RecordingFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// There is no such file.
        case noInput
        /// The file is there and the system does not let us read it.
        case unreadable
        /// The gzip data stops early. Everything before was handed on.
        case truncated
        /// The gzip data is damaged. Everything before was handed on.
        case corrupt
        /// The content is not lines of text.
        case notText
    }

    package let code: Code
    package let message: String

    package var description: String { message }

    /// Reading the same file again gives the same bytes.
    package var isRetryable: Bool { false }

    static func system(_ failure: SystemFailure) -> RecordingFailure {
        let isMissing = failure.code == SystemFailure.notFound
        let told = isMissing ? failure.advising("check the name of the recording") : failure
        return RecordingFailure(
            code: isMissing ? .noInput : .unreadable, message: told.description)
    }

    static func truncated(_ path: String) -> RecordingFailure {
        RecordingFailure(
            code: .truncated,
            message: "\(path) is truncated: its gzip data stops before the end"
                + " - what is there was read; copy the file again for the rest")
    }

    static func corrupt(_ path: String, offset: UInt64) -> RecordingFailure {
        RecordingFailure(
            code: .corrupt,
            message: "\(path) is damaged: its gzip data is invalid near byte \(offset)"
                + " - what comes before was read; copy the file again for the rest")
    }

    static func notText(_ path: String) -> RecordingFailure {
        RecordingFailure(
            code: .notText,
            message: "\(path) is not text: it holds bytes that no line protocol has"
                + " - give a recording in line protocol, plain or gzip")
    }
}
