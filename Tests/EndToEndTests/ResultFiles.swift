import Foundation

/// Everything a replay can write into files, and how to get it.
struct ResultFiles: Equatable, Sendable {
    var tickets: String
    var scores: String
    var prognoses: String

    /// The file's lines in an order that does not depend on how devices were interleaved.
    var sorted: ResultFiles {
        func sort(_ text: String) -> String {
            splitLines(text).sorted().map { $0 + "\n" }.joined()
        }
        return ResultFiles(
            tickets: sort(tickets), scores: sort(scores), prognoses: sort(prognoses))
    }

    /// Without the tickets about silence: who is missed depends on what others send meanwhile,
    /// because that is what moves the event clock.
    var aboutWear: ResultFiles {
        var files = self
        files.tickets = splitLines(tickets).filter { !Self.isAboutSilence($0) }
            .map { $0 + "\n" }.joined()
        return files
    }

    static func isAboutSilence(_ ticket: String) -> Bool {
        ticket.contains("\"component\":\"telemetry\"")
    }

    /// Replays files with the example configuration; throws unless every line was taken in.
    static func replay(_ files: String...) throws -> ResultFiles {
        let directory = try TemporaryDirectory()
        return try collect(from: directory) { options in
            try ForestallProgram.run(
                try ForestallProgram.path(), ["replay"] + files + options)
        }
    }

    /// Replays standard input, which arrives in pieces of at most that many bytes.
    static func replay(_ lines: [String], pieces: Int) throws -> ResultFiles {
        let directory = try TemporaryDirectory()
        let input = try directory.write(lines.joined(separator: "\n"), to: "input")
        let command = #"f=$1; b=$2; shift 2; dd if="$f" bs="$b" status=none | "$0" replay - "$@""#
        return try collect(from: directory) { options in
            try ForestallProgram.run(
                "/bin/sh",
                ["-c", command, try ForestallProgram.path(), input, "\(pieces)"] + options)
        }
    }

    static func replay(_ lines: [String]) throws -> ResultFiles {
        let directory = try TemporaryDirectory()
        return try replay(directory.write(lines.joined(separator: "\n") + "\n", to: "input"))
    }

    struct Refused: Error, CustomStringConvertible {
        let outcome: ForestallProgram.Outcome
        var description: String { "replay ended with \(outcome.code): \(outcome.errors)" }
    }

    private static func collect(
        from directory: TemporaryDirectory,
        _ run: ([String]) throws -> ForestallProgram.Outcome
    ) throws -> ResultFiles {
        let outcome = try run([
            "--config", SampleRecording.configuration, "--tickets", directory("tickets"),
            "--scores", directory("scores"), "--prognoses", directory("prognoses"),
        ])
        guard outcome.code == 0, outcome.errors.contains(" 0 lines refused,") else {
            throw Refused(outcome: outcome)
        }
        return ResultFiles(
            tickets: try directory.text("tickets"), scores: try directory.text("scores"),
            prognoses: try directory.text("prognoses"))
    }
}
