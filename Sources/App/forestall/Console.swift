import ArgumentParser
import Daemon
import Foundation

/// Standard output and standard error of a command.
enum Console {
    static func out(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    static func error(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Runs the body of a command; a failure becomes one sentence on standard error and its code.
    static func run(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let failure as CommandFailure {
            throw exit(failure)
        }
    }

    static func exit(_ failure: CommandFailure) -> ExitCode {
        error("forestall: " + failure.message)
        return ExitCode(failure.code.rawValue)
    }
}
