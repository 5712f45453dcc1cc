import Foundation
import Testing

extension EndToEndTests {
    /// The recordings are what their README says, and can be made again.
    @Suite struct SampleRecordingTests {
        /// The command of each recording in the README's table, and how many lines it prints.
        private static func commands() throws -> [String: (arguments: [String], lines: String)] {
            let text = try String(
                contentsOfFile: SampleRecording.repository + "/sample-telemetry/README.md",
                encoding: .utf8)
            var commands: [String: (arguments: [String], lines: String)] = [:]
            for line in splitLines(text) where line.contains("`forestall simulate ") {
                let cells = line.split(separator: "|").map {
                    $0.trimmingCharacters(in: CharacterSet(charactersIn: " `"))
                }
                let words = cells[1].split(separator: " ").dropFirst().map(String.init)
                commands[cells[0]] = (words, cells[2].filter { $0 != "," })
            }
            return commands
        }

        @Test(arguments: SampleRecording.allCases)
        func theCommandMakesItAgain(_ recording: SampleRecording) throws {
            let command = try #require(try Self.commands()[recording.rawValue])
            let directory = try TemporaryDirectory()
            var arguments = command.arguments
            #expect(arguments.last == recording.rawValue)
            arguments[arguments.count - 1] = directory("made")
            let outcome = try ForestallProgram.run(try ForestallProgram.path(), arguments)
            #expect(outcome.code == 0)
            #expect(outcome.errors.contains(", \(command.lines) lines, "), "\(outcome.errors)")
            for file in ["truth.csv", "maintenance.csv"] {
                let kept = try String(
                    contentsOfFile: recording.folder + "/" + file, encoding: .utf8)
                #expect(try directory.text("made/" + file) == kept)
            }
            // Packed bytes depend on the version of zlib, lines do not.
            let made = try ForestallProgram.run(
                "/bin/sh", ["-c", "gzip -dc '\(directory("made/telemetry.lp.gz"))'"])
            #expect(splitLines(made.output) == (try recording.lines), "lines differ")
        }

        @Test(arguments: SampleRecording.allCases)
        func itIsSmall(_ recording: SampleRecording) throws {
            let size = try FileManager.default.attributesOfItem(atPath: recording.path)[.size]
            #expect(try #require(size as? Int) <= 300 << 10)
        }
    }
}
