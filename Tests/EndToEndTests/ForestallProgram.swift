import Foundation

/// The executable under test: `$FORESTALL_BINARY`, else the one the package built together with
/// these tests.
enum ForestallProgram {
    struct Missing: Error, CustomStringConvertible {
        var description: String {
            "there is no forestall program beside the tests; set FORESTALL_BINARY to its path"
        }
    }

    struct TookTooLong: Error, CustomStringConvertible {
        let what: String
        var description: String { "\(what) took longer than \(ForestallProgram.patience) s" }
    }

    /// What one run of a program left.
    struct Outcome: Sendable {
        /// Exit code; minus the signal's number when a signal ended it.
        var code: Int32
        var output: String
        var errors: String

        var lines: [String] { splitLines(output) }
    }

    /// Cap of every wait, in seconds. What is slower than this is broken.
    static let patience = 60.0

    static func path() throws -> String {
        if let given = ProcessInfo.processInfo.environment["FORESTALL_BINARY"] { return given }
        var folder = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
            folder = String(folder[..<slash])
            let candidate = folder + "/forestall"
            var isDirectory: ObjCBool = false
            if unsafe FileManager.default.fileExists(
                atPath: candidate, isDirectory: &isDirectory), !isDirectory.boolValue,
                FileManager.default.isExecutableFile(atPath: candidate)
            {
                return candidate
            }
        }
        throw Missing()
    }

    /// Without what the surroundings of a test run could change: a state directory, a
    /// supervisor, the seed of hashes. A crash ends at once, without a debugger.
    static var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment["STATE_DIRECTORY"] = nil
        environment["NOTIFY_SOCKET"] = nil
        environment["WATCHDOG_USEC"] = nil
        environment["SWIFT_DETERMINISTIC_HASHING"] = nil
        environment["SWIFT_BACKTRACE"] = "enable=no"
        return environment
    }

    /// Runs `forestall` to its end. Standard input is the file `input`, or empty.
    static func run(
        _ arguments: String..., input: String = "/dev/null", directory: String? = nil
    ) throws -> Outcome {
        try run(try path(), arguments, input: input, directory: directory)
    }

    /// Runs a shell command in which `$0` is `forestall` and `$1`, ... are the arguments.
    static func shell(_ command: String, _ arguments: String...) throws -> Outcome {
        try run("/bin/sh", ["-c", command, try path()] + arguments)
    }

    /// Runs any program to its end; output goes through files, so that no full pipe stops it.
    static func run(
        _ program: String, _ arguments: [String], input: String = "/dev/null",
        directory: String? = nil, patience: Double = patience
    ) throws -> Outcome {
        let scratch = try TemporaryDirectory()
        let process = try start(
            program, arguments, input: input, output: scratch("out"), errors: scratch("err"),
            directory: directory)
        let code = try finish(
            process, what: "forestall " + arguments.joined(separator: " "),
            patience: patience)
        return Outcome(
            code: code, output: try scratch.text("out"), errors: try scratch.text("err"))
    }

    static func start(
        _ program: String, _ arguments: [String], input: String, output: String, errors: String,
        directory: String? = nil, environment additions: [String: String] = [:]
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = environment.merging(additions) { $1 }
        if let directory {
            process.currentDirectoryURL = URL(fileURLWithPath: directory)
        }
        process.standardInput = try FileHandle(
            forReadingFrom: URL(fileURLWithPath: input))
        process.standardOutput = try writing(output)
        process.standardError = try writing(errors)
        try process.run()
        return process
    }

    /// Waits for the end and tells how it was.
    static func finish(
        _ process: Process, what: String, patience: Double = patience
    ) throws -> Int32 {
        do {
            try wait(for: what, patience: patience) { !process.isRunning }
        } catch {
            kill(process)
            throw error
        }
        return process.terminationReason == .uncaughtSignal
            ? -process.terminationStatus : process.terminationStatus
    }

    static func kill(_ process: Process) {
        guard process.isRunning else { return }
        _ = try? run("/bin/sh", ["-c", "kill -KILL \(process.processIdentifier)"])
    }

    /// Looks again and again until the condition holds.
    static func wait(
        for what: String, patience: Double = patience, until condition: () throws -> Bool
    ) throws {
        let end = Date(timeIntervalSinceNow: patience)
        while try !condition() {
            guard Date() < end else { throw TookTooLong(what: what) }
            Thread.sleep(forTimeInterval: 0.002)
        }
    }

    private static func writing(_ path: String) throws -> FileHandle {
        // Creating a file renames a new one into place: as root that would replace the device.
        if path == "/dev/null" { return FileHandle.nullDevice }
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }
}
