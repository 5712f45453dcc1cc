import Foundation
import Testing

extension EndToEndTests {
    /// The page with every command's answers says what the program answers today.
    @Suite struct TranscriptTests {
        @Test func thePageIsWhatTheProgramSays() throws {
            let script = ProcessInfo.processInfo.environment.merging(
                ["FORESTALL": try ForestallProgram.path()]) { $1 }
            let root = SampleRecording.repository
            let scratch = try TemporaryDirectory()
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["packaging/transcript.sh"]
            process.currentDirectoryURL = URL(fileURLWithPath: root)
            process.environment = script
            let output = try scratch.write("", to: "page")
            process.standardOutput = FileHandle(forWritingAtPath: output)
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            let found = try scratch.text("page")
            let page =
                root + "/Sources/App/Daemon/Documentation.docc/Transcript.md"
            if ProcessInfo.processInfo.environment["FORESTALL_REWRITE"] != nil {
                try Data(found.utf8).write(to: URL(fileURLWithPath: page))
            }
            let written = try String(contentsOfFile: page, encoding: .utf8)
            let lines = zip(splitLines(found), splitLines(written))
            for (now, then) in lines where now != then {
                Issue.record("the program says: \(now)\nthe page says: \(then)")
                break
            }
            #expect(splitLines(found).count == splitLines(written).count)
        }
    }
}
