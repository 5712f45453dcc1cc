import ArgumentParser
import Daemon

struct ParseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse",
        abstract: "Show how line protocol is understood, one JSON object per record.",
        discussion: """
            A good record gives {"line":1,"ok":true,"measurement":...,"tags":...,"fields":...,\
            "timestamp":...}; a bad one {"line":2,"ok":false,"column":17,"error":"..."}. Blank \
            lines and comments give nothing. Exit code 65 when a record was refused.
            """)

    @Argument(help: "Recording, plain or gzip; '-' or nothing is standard input.")
    var file = "-"

    func run() throws {
        try Console.run {
            let result = try RecordDocument.parse(file) { Console.out($0) }
            if result.refused > 0 {
                throw CommandFailure(
                    "\(result.refused) of \(result.accepted + result.refused) records refused",
                    .badInput)
            }
        }
    }
}
