import Foundation
import Testing

extension EndToEndTests {
    /// What is wrong with what the program was given is said in one sentence, with the exit code
    /// of sysexits.h, and nothing is left behind.
    @Suite struct BadInputTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        // MARK: Configuration, 78

        struct Configuration: Sendable, CustomTestStringConvertible {
            let text: String
            let sentences: [String]
            var testDescription: String { sentences.joined(separator: "; ") }
        }

        static let configurations = [
            Configuration(
                text: "[intake]\nupd = [\"127.0.0.1:0\"]\n",
                sentences: ["2: unknown key intake.upd; did you mean udp?"]),
            Configuration(
                text: "[intake]\nudp = 8094\n",
                sentences: [
                    "2: intake.udp = 8094 is a whole number; expected a list of addresses"
                ]),
            Configuration(
                text: "[class.pump]\nwindow = 10\n\n[tickets]\nopen_risks = 0.5\n",
                sentences: [
                    "2: class.pump.window = 10 has no unit; expected a duration from \"1ms\" to "
                        + "\"1d\" as text, such as \"90s\" or \"1h30m\" (units ms, s, m, h, d, w)",
                    "5: unknown key tickets.open_risks; did you mean open_risk?",
                ]),
        ]

        @Test(arguments: configurations)
        func everyProblemIsNamed(_ configuration: Configuration) throws {
            let file = try directory.write(configuration.text, to: "wrong.toml")
            let problems = configuration.sentences.map { "\(file):\($0)\n" }.joined()
            let checked = try ForestallProgram.run("check", "--config", file)
            #expect(checked.errors == problems)
            #expect(checked.code == 78)
            for command in [["run"], ["replay", SampleRecording.noisySensor.path]] {
                let outcome = try ForestallProgram.run(
                    try ForestallProgram.path(),
                    command + ["--config", file, "--state", directory("state")])
                #expect(outcome.errors == "forestall: the configuration has problems\n" + problems)
                #expect(outcome.code == 78)
            }
            #expect(!directory.has("state"))
        }

        @Test func aMissingConfigurationIsNotTheDefaults() throws {
            let file = directory("absent.toml")
            let problem = "\(file): cannot be read: there is no such file; check the path\n"
            let outcome = try ForestallProgram.run(
                "run", "--config", file, "--state", directory("state"))
            #expect(outcome.errors == "forestall: the configuration has problems\n" + problem)
            #expect(outcome.code == 78)
            #expect(!directory.has("state"))
            let checked = try ForestallProgram.run("check", "--config", file)
            #expect(checked.errors == problem)
            #expect(checked.code == 78)
        }

        // MARK: State, 65, 69 and 74

        /// A configuration whose listener is in nobody's way.
        private func anyPort() throws -> String {
            try directory.write(
                "[intake]\nudp = [\"127.0.0.1:0\"]\ntcp = []\nhttp = []\n",
                to: "any-port.toml")
        }

        /// `run` and `replay` both write the state.
        private func expectRefusal(
            of state: String, _ sentence: String, code: Int32,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let configuration = try anyPort()
            for command in [["run"], ["replay", SampleRecording.noisySensor.path]] {
                let outcome = try ForestallProgram.run(
                    try ForestallProgram.path(),
                    command + ["--config", configuration, "--state", state])
                #expect(
                    outcome.errors == "forestall: \(sentence)\n", sourceLocation: sourceLocation)
                #expect(outcome.code == code, sourceLocation: sourceLocation)
            }
        }

        @Test func aPortThatIsTaken() throws {
            let daemon = try RunningDaemon(in: directory, state: directory("first"))
            let address = "127.0.0.1:\(daemon.ports[0])"
            let file = try directory.write("[intake]\nudp = [\"\(address)\"]\n", to: "taken.toml")
            let outcome = try ForestallProgram.run(
                "run", "--config", file, "--state", directory("second"))
            #expect(
                outcome.errors == "forestall: cannot listen on udp \(address): address already in "
                    + "use - another process has the port; stop it or set intake.udp to another "
                    + "address\n")
            #expect(outcome.code == 69)
            #expect(try daemon.stop().code == 0)
        }

        @Test func aStateAnotherProcessIsUsing() throws {
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            try expectRefusal(
                of: directory("state"),
                "cannot lock \(directory("state"))/lock: process "
                    + "\(daemon.process.processIdentifier) is using this state directory - stop "
                    + "it or give another directory with --state",
                code: 69)
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            let again = try RunningDaemon(in: directory, state: directory("state"))
            #expect(try again.stop().code == 0)
        }

        @Test func aStateWithoutAPlace() throws {
            let parent = directory("absent")
            try expectRefusal(
                of: parent + "/state",
                "cannot create state directory \(parent)/state: the directory \(parent) does not "
                    + "exist - create it or give another directory with --state",
                code: 74)
            #expect(!directory.has("absent"))
        }

        @Test func aStateThatIsAFile() throws {
            let file = try directory.write("mine\n", to: "file")
            try expectRefusal(
                of: file,
                "cannot use \(file) as state directory: it is not a directory - give another "
                    + "directory with --state",
                code: 74)
            #expect(try directory.text("file") == "mine\n")
        }

        @Test func aDatabaseOfANewerVersion() throws {
            let first = try ForestallProgram.run(
                "replay", "-", "--state", directory("state"))
            #expect(first.code == 0)
            // The user version: offset 60 of the file's header, big endian
            // (https://www.sqlite.org/fileformat2.html#the_database_header).
            var database = try directory.bytes("state/forestall.db")
            database.replaceSubrange(60..<64, with: [0, 0, 3, 0xE7])
            try directory.write(database, to: "state/forestall.db")
            let path = directory("state") + "/forestall.db"
            let sentence =
                "cannot open \(path): it was written by a newer version of forestall (schema "
                + "v999, this one knows v12) - use that version or another --state"
            try expectRefusal(of: directory("state"), sentence, code: 65)
            let listed = try ForestallProgram.run(
                "tickets", "list", "--state", directory("state"))
            #expect(listed.errors == "forestall: \(sentence)\n")
            #expect(listed.code == 65)
            #expect(try directory.bytes("state/forestall.db") == database)
        }

        @Test func aFileThatIsNoDatabase() throws {
            try directory.makeDirectory("state")
            let text = String(repeating: "This is a letter, not a database.\n", count: 200)
            try directory.write(text, to: "state/forestall.db")
            try expectRefusal(
                of: directory("state"),
                "cannot open \(directory("state"))/forestall.db: it is not a Forestall database - "
                    + "give another directory with --state",
                code: 65)
            #expect(try directory.text("state/forestall.db") == text)
        }

        @Test func readingAStateThatIsNotThere() throws {
            let outcome = try ForestallProgram.run(
                "tickets", "list", "--state", directory("absent"))
            #expect(
                outcome.errors == "forestall: cannot read \(directory("absent"))/forestall.db: "
                    + "there is no Forestall database that can be opened - start `forestall run` "
                    + "or `forestall replay --state` first, or give the right directory with "
                    + "--state\n")
            #expect(outcome.code == 74)
            #expect(!directory.has("absent"))
        }

        // MARK: Recordings, 65 and 74

        /// The beginning of a good recording, as gzip data cut off or overwritten somewhere.
        private func replay(
            _ bytes: Data
        ) throws -> (outcome: ForestallProgram.Outcome, file: String, windows: Int) {
            let file = try directory.write(bytes, to: "recording")
            let outcome = try ForestallProgram.run(
                "replay", file, "--config", SampleRecording.configuration, "--state",
                directory("state"), "--scores", directory("scores"))
            return (outcome, file, max(0, try directory.lines("scores").count - 1))
        }

        @Test func aTruncatedRecordingIsReadToTheBreak() throws {
            let whole = try Data(
                contentsOf: URL(fileURLWithPath: SampleRecording.noisySensor.path))
            let (outcome, file, windows) = try replay(whole.prefix(whole.count / 4))
            let lines = splitLines(outcome.errors)
            #expect(
                lines.last == "forestall: \(file) is truncated: its gzip data stops before the "
                    + "end - what is there was read; copy the file again for the rest")
            #expect(outcome.code == 65)
            let summary = try #require(lines.first?.split(separator: " ").first)
            let taken = try #require(Int(summary))
            let all = try SampleRecording.noisySensor.lines.count
            #expect(taken > all / 8 && taken < all / 2)
            #expect(windows > 1_000)
            let listed = try ForestallProgram.run(
                "tickets", "list", "--all", "--state", directory("state"))
            #expect(listed.output == "No tickets.\n" && listed.code == 0)
        }

        /// The good part of a truncated recording gives what the same lines give by themselves.
        @Test func aTruncatedRecordingGivesWhatItsLinesGive() throws {
            let whole = try Data(
                contentsOf: URL(fileURLWithPath: SampleRecording.noisySensor.path))
            let (outcome, _, _) = try replay(whole.prefix(whole.count / 4))
            let first = try #require(outcome.errors.split(separator: " ").first)
            let lines = try SampleRecording.noisySensor.lines.prefix(try #require(Int(first)))
            let alone = try ResultFiles.replay(Array(lines))
            #expect(try directory.text("scores") == alone.scores, "scores differ")
        }

        @Test func aRecordingThatIsNoText() throws {
            // The same noise every time (xorshift).
            var state: UInt64 = 0x9E37_79B9_7F4A_7C15
            let noise = Data(
                (0..<50_000).map { _ in
                    state ^= state << 13
                    state ^= state >> 7
                    state ^= state << 17
                    return UInt8(truncatingIfNeeded: state)
                })
            let (outcome, file, windows) = try replay(noise)
            #expect(
                splitLines(outcome.errors).last == "forestall: \(file) is not text: it holds "
                    + "bytes that no line protocol has - give a recording in line protocol, "
                    + "plain or gzip")
            #expect(outcome.code == 65)
            #expect(windows == 0)
        }

        @Test func aRecordingThatIsNotThere() throws {
            let file = directory("absent.lp.gz")
            let sentence =
                "forestall: cannot read \(file): no such file or directory - check the name of "
                + "the recording\n"
            for command in [["replay"], ["parse"]] {
                let outcome = try ForestallProgram.run(
                    try ForestallProgram.path(), command + [file])
                #expect(outcome.errors == sentence)
                #expect(outcome.code == 74)
            }
        }

        /// A missing recording is known before anything is done with the others.
        @Test func oneRecordingOfSeveralIsNotThere() throws {
            let outcome = try ForestallProgram.run(
                "replay", SampleRecording.noisySensor.path, directory("absent.lp"), "--state",
                directory("state"))
            #expect(outcome.code == 74)
            #expect(!directory.has("state"))
        }

        /// A pipe that has a name can be read once only.
        @Test func aRecordingThroughANamedPipe() throws {
            let pipe = directory("pipe")
            let outcome = try ForestallProgram.shell(
                #"mkfifo "$1" && (gzip -dc "$2" >"$1" & "$0" replay "$1")"#, pipe,
                SampleRecording.noisySensor.path)
            let count = try SampleRecording.noisySensor.lines.count
            #expect(outcome.errors.hasPrefix("\(count) lines, "))
            #expect(outcome.errors.contains(" 0 lines refused, "))
            #expect(outcome.code == 0)
        }

        @Test func refusedLinesAreCountedAndNoFailure() throws {
            let lines = try SampleRecording.noisySensor.lines.prefix(100)
            let text = lines.joined(separator: "\nwrong\n") + "\n"
            let (outcome, _, _) = try replay(Data(text.utf8))
            #expect(outcome.code == 0)
            #expect(outcome.errors.hasPrefix("100 lines, "))
            #expect(outcome.errors.contains(" readings, 99 lines refused, "))
        }

        @Test func aResultFileWithoutAPlace() throws {
            let file = directory("absent") + "/tickets.jsonl"
            let outcome = try ForestallProgram.run(
                "replay", SampleRecording.noisySensor.path, "--tickets", file)
            #expect(
                outcome.errors == "forestall: cannot write \(file): its directory does not exist "
                    + "- create it\n")
            #expect(outcome.code == 74)
        }

        // MARK: Usage, 64

        static let usages: [(arguments: [String], sentence: String)] = [
            (["run", "--clock", "sun"], "The value 'sun' is invalid for '--clock <clock>'."),
            (["replay"], "Missing expected argument '<files> ...'"),
            (["replay", "a", "--colour"], "Unknown option '--colour'"),
            (["parse", "a", "b"], "Unexpected argument 'b'"),
            (["send", "a", "--udp", "nowhere"], "The value 'nowhere' is invalid for"),
            (["bogus"], "Unexpected argument 'bogus'"),
        ]

        @Test(arguments: usages)
        func wrongUsage(_ arguments: [String], _ sentence: String) throws {
            let outcome = try ForestallProgram.run(try ForestallProgram.path(), arguments)
            #expect(outcome.errors.hasPrefix("Error: " + sentence))
            #expect(outcome.errors.contains("Usage: forestall"))
            #expect(outcome.output.isEmpty)
            #expect(outcome.code == 64)
        }
    }
}
