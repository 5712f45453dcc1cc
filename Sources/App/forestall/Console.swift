import ArgumentParser
import Daemon
import Foundation

/// Standard output and standard error of a command.
enum Console {
    static func out(_ text: String) { out(Array((text + "\n").utf8)) }

    /// Ends the program when standard output cannot be written: what it was asked for cannot be
    /// had.
    static func out(_ bytes: [UInt8]) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        } catch {
            let isFull = (error as? CocoaError)?.code == .fileWriteOutOfSpace
            Console.error(
                "forestall: cannot write standard output: "
                    + (isFull ? "the disk is full - free some space" : "\(error)"))
            Foundation.exit(CommandFailure.Code.inputOutput.rawValue)
        }
    }

    /// Nobody can be told when standard error cannot be written; the work goes on.
    static func error(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
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
