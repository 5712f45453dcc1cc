import Store

/// A command could not do what it was asked: one sentence for people, one number for scripts.
package struct CommandFailure: Error, Equatable, CustomStringConvertible {
    /// Exit codes of every command (sysexits.h where it has a word for it).
    package enum Code: Int32, Sendable {
        /// The command ran and found something wrong, or failed while running.
        case findings = 1
        case usage = 64
        case badInput = 65
        /// Somebody else has it: a port, a state directory.
        case unavailable = 69
        case inputOutput = 74
        case configuration = 78
    }

    package var message: String
    package var code: Code

    package init(_ message: String, _ code: Code) {
        self.message = message
        self.code = code
    }

    package var description: String { message }
}

extension CommandFailure {
    init(_ failure: StoreFailure) {
        self.init(failure.description, Code(rawValue: failure.exitCode) ?? .inputOutput)
    }

    /// What a command says of whatever went wrong while it read or wrote files.
    init(because error: any Error) {
        if let failure = error as? CommandFailure {
            self = failure
        } else if let failure = error as? StoreFailure {
            self.init(failure)
        } else {
            self.init("\(error)", .inputOutput)
        }
    }
}
