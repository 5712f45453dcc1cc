import ArgumentParser
import Daemon

struct SendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send recordings to a listener over UDP.",
        discussion: """
            UDP has no acknowledgement: choose a rate the receiver keeps up with, and look at its \
            loss counters.
            """)

    @Argument(help: "Recordings, plain or gzip; '-' is standard input.")
    var files: [String]
    @Option(help: ArgumentHelp("Listener to send to.", valueName: "host:port"))
    var udp: EndpointArgument
    @Option(help: "Lines per second; as fast as it goes without it.")
    var rate: Double?

    func validate() throws {
        if files.isEmpty { throw ValidationError("name at least one recording") }
        if let rate, rate <= 0 { throw ValidationError("rate must be positive") }
    }

    func run() throws {
        try Console.run {
            let summary = try Sending.run(
                files: files, host: udp.host, port: udp.port, linesPerSecond: rate)
            Console.error("sent \(summary.lines) lines, \(summary.bytes) bytes")
        }
    }
}
