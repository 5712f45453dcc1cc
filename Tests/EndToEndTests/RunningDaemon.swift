import Foundation

/// `forestall run` on a state directory of the test, listening on ports the kernel chose.
final class RunningDaemon {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// How it ended.
    struct Ending: Sendable {
        var code: Int32
        var errors: String
        /// The numbers of its last line.
        var totals: [String: Int]
    }

    let process: Process
    /// Of the UDP listeners.
    let ports: [UInt16]
    /// Of the TCP listeners: one of its own, then those of the configuration.
    let tcpPorts: [UInt16]
    /// Of the HTTP listeners, likewise.
    let httpPorts: [UInt16]
    /// `transport=udp address=127.0.0.1:8094` of every listener.
    let places: [String]
    private let errorsPath: String

    /// Starts it with the example configuration, `listeners` UDP listeners and a TCP listener, and
    /// waits until it is ready. A value for `configuration` replaces the example; `environment` is
    /// added to the usual one, the signal `ignoring` (a name as the shell has it) is ignored, and
    /// it may have `descriptors` files and sockets open.
    init(
        in directory: TemporaryDirectory, state: String, listeners: Int = 1,
        clock: String = "event", configuration: String? = nil,
        environment: [String: String] = [:], ignoring signal: String? = nil,
        descriptors: Int? = nil
    ) throws {
        let folder = "configuration-" + UUID().uuidString
        try directory.makeDirectory(folder + "/conf.d")
        let example = try String(contentsOfFile: SampleRecording.configuration, encoding: .utf8)
        let main = try directory.write(
            configuration ?? example, to: folder + "/forestall.toml")
        let addresses = Array(repeating: "\"127.0.0.1:0\"", count: listeners)
        try directory.write(
            "[intake]\nudp = [\(addresses.joined(separator: ", "))]\ntcp = [\"127.0.0.1:0\"]\n"
                + "http = [\"127.0.0.1:0\"]\n",
            to: folder + "/conf.d/listeners.toml")
        errorsPath = directory(folder + "/errors")
        let command = [
            try ForestallProgram.path(), "run", "--clock", clock, "--config", main, "--state",
            state,
        ]
        let trap =
            (signal.map { "trap '' \($0); " } ?? "")
            + (descriptors.map { "ulimit -n \($0); " } ?? "")
        process = try ForestallProgram.start(
            "/bin/sh", ["-c", trap + "exec \"$@\"", "sh"] + command, input: "/dev/null",
            output: "/dev/null", errors: errorsPath, environment: environment)
        let path = errorsPath
        let started = process
        func announced() throws -> [String] {
            splitLines(try String(contentsOfFile: path, encoding: .utf8))
        }
        try ForestallProgram.wait(for: "the start of the daemon") {
            try announced().contains("ready") || !started.isRunning
        }
        let lines = try announced()
        func ports(_ transport: String) -> [UInt16] {
            let prefix = "listening transport=\(transport) address=127.0.0.1:"
            return lines.filter { $0.hasPrefix(prefix) }
                .compactMap { UInt16($0.dropFirst(prefix.count)) }
        }
        self.ports = ports("udp")
        tcpPorts = ports("tcp")
        httpPorts = ports("http")
        places = lines.filter { $0.hasPrefix("listening ") }.map { String($0.dropFirst(10)) }
        guard lines.contains("ready") else {
            throw Failure(description: "the daemon did not start: " + lines.joined(separator: "\n"))
        }
    }

    deinit { ForestallProgram.kill(process) }

    /// The port of the first listener whose place begins with `prefix`, such as
    /// `transport=udp address=[::1]:`.
    func port(of prefix: String) -> UInt16 {
        places.first { $0.hasPrefix(prefix) }.flatMap { UInt16($0.dropFirst(prefix.count)) } ?? 0
    }

    /// Its memory in use, in bytes.
    var residentBytes: Int {
        get throws {
            let status = try String(
                contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
            let line = splitLines(status).first { $0.hasPrefix("VmRSS:") } ?? ""
            return (Int(line.filter(\.isNumber)) ?? 0) * 1_024
        }
    }

    /// What it has said so far.
    var log: String {
        get throws { try String(contentsOfFile: errorsPath, encoding: .utf8) }
    }

    enum Signal {
        case terminate
        case interrupt
    }

    /// Sends the signal and waits for the end.
    func stop(_ signal: Signal = .terminate) throws -> Ending {
        switch signal {
        case .terminate: process.terminate()
        case .interrupt: process.interrupt()
        }
        let code = try ForestallProgram.finish(process, what: "the end of the daemon")
        let errors = try String(contentsOfFile: errorsPath, encoding: .utf8)
        var totals: [String: Int] = [:]
        let last = splitLines(errors).last { $0.hasPrefix("stopped ") } ?? ""
        for word in last.split(separator: " ").dropFirst() {
            let parts = word.split(separator: "=")
            if parts.count == 2 { totals[String(parts[0])] = Int(parts[1]) }
        }
        return Ending(code: code, errors: errors, totals: totals)
    }
}

/// The messages in a state's spool directory.
enum Spool {
    /// The `data` object of each message, byte for byte, sorted.
    static func documents(in directory: TemporaryDirectory, state: String) throws -> [String] {
        try messages(in: directory, state: state).map { message in
            guard let start = message.range(of: "\"data\":") else { return message }
            return String(message[start.upperBound...].dropLast())
        }.sorted()
    }

    /// Whole messages, in order of file name.
    static func messages(in directory: TemporaryDirectory, state: String) throws -> [String] {
        let folder = state + "/outbox/new"
        return try directory.names(folder).map { try directory.text(folder + "/" + $0) }
    }
}
