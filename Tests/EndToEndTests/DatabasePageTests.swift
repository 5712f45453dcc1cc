import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// The page for people who open the database says what is in it.
    @Suite(.enabled(if: Database.isReadable, "needs the sqlite3 command"))
    struct DatabasePageTests {
        static let page =
            SampleRecording.repository + "/Sources/App/Daemon/Documentation.docc/Database.md"

        let directory: TemporaryDirectory
        let text: String

        init() throws {
            directory = try TemporaryDirectory()
            text = try String(contentsOfFile: Self.page, encoding: .utf8)
            // A line that is none, so that the question for refusals has an answer too.
            let refused = try directory.write("no line\n", to: "refused.lp")
            for recording in [SampleRecording.bearingWear.path, refused] {
                let replay = try ForestallProgram.run(
                    "replay", recording, "--config", SampleRecording.configuration, "--state",
                    directory("state"))
                #expect(replay.code == 0)
            }
        }

        @Test func everyExampleIsAnswered() throws {
            let examples = text.components(separatedBy: "```sql\n").dropFirst()
                .map { $0.components(separatedBy: "```")[0] }
            #expect(examples.count == 13)
            for example in examples {
                #expect(try !Database.rows(directory("state"), example).isEmpty, "\(example)")
            }
        }

        @Test func everyTableAndViewIsNamedAndNoOther() throws {
            let named = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
                .map { String($0.split(separator: "`")[1]) }
            let present = try Database.rows(
                directory("state"),
                "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') "
                    + "AND name NOT LIKE 'sqlite%'")
            #expect(named.sorted() == present.sorted())
        }
    }
}
