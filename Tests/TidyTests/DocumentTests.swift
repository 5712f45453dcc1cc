import Testing

@Suite("Documents: reasons explained, files that exist, nothing left behind")
struct DocumentTests {
    private func check(_ findings: [String]) {
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    /// The word that must not be left behind, put together so that this file has none.
    private static let leftover = "TO" + "DO"

    @Test(arguments: [
        ("LineRejection", "Sources/Core/LineProtocol/LineRejection.swift"),
        ("RefusalReason", "Sources/Core/Engine/RefusalReason.swift"),
        ("IntakeRefusalReason", "Sources/Edges/Intake/IntakeRefusal.swift"),
        ("TicketReason", "Sources/Core/Tickets/TicketReason.swift"),
        ("CommandRefusal", "Sources/Core/Tickets/OperatorCommand.swift"),
        ("RiskReason", "Sources/Core/Prognosis/Risk.swift"),
        ("ConditionState", "Sources/Core/Detection/Device/Assessment.swift"),
        ("DataQuality", "Sources/Core/Detection/Quality/DataQuality.swift"),
        ("State", "Sources/Core/Windows/DeviceClock.swift"),
    ])
    func reasonsAreExplained(_ enumeration: String, _ path: String) {
        check(
            ReasonRules.compare(
                enumeration, source: SourceText(path: path, text: Repository.text(path)),
                markdown: Repository.text("Sources/App/Daemon/Documentation.docc/Reasons.md")))
    }

    @Test(arguments: [
        ("EngineLimits", "Sources/Core/Engine/EngineLimits.swift"),
        ("IntakeLimits", "Sources/Edges/Intake/IntakeLimits.swift"),
        ("LineLimits", "Sources/Core/LineProtocol/LineLimits.swift"),
        ("ClockPolicy", "Sources/Core/Engine/EngineConfiguration.swift"),
    ])
    func limitsAreDocumented(_ type: String, _ path: String) {
        check(
            DocumentRules.undocumentedLimits(
                type, source: SourceText(path: path, text: Repository.text(path)),
                markdown: Repository.text("Sources/App/Daemon/Documentation.docc/Limits.md")))
    }

    @Test func nothingIsLeftBehind() { check(DocumentRules.leftovers(Repository.written)) }

    @Test func noMachinePaths() { check(DocumentRules.machinePaths(Repository.written)) }

    @Test func namedFilesExist() {
        let documents = Repository.written.filter { $0.path.hasSuffix(".md") }
        #expect(documents.count > 10)
        let folders = ["Sources", "Tests", "config", "packaging", "systemd", "sample-telemetry"]
        check(
            DocumentRules.missingFiles(
                documents,
                files: folders.flatMap(Repository.files(below:)) + [
                    "README.md", "CHANGELOG.md", "Package.swift",
                ]))
    }

    // MARK: The rules can fail

    @Test(arguments: [
        ("enum A: String {\n case one\n case noTwo = \"no_two\"\n}", ["one", "no_two"]),
        (
            "enum A: UInt8 {\n case lineTooLong // long\n case b, cD\n}",
            ["line_too_long", "b", "c_d"]
        ),
        (
            "enum A {\n case one\n var t: Int {\n switch self {\n case .one: 1\n }\n }\n}\n"
                + "enum B {\n case two\n}", ["one"]
        ),
        ("enum B {\n case two\n}", []),
    ])
    func wordRule(_ text: String, words: [String]) {
        let source = SourceText(path: "A.swift", text: text)
        #expect(ReasonRules.words(of: "A", in: source) == words)
    }

    @Test(arguments: [
        ("## Words (`A`)\n\n| Word | Meaning |\n|---|---|\n| `one` | 1 |\n| `two` | 2 |\n", 0),
        ("## Words (`A`)\n\n| `one` | 1 |\n", 1),
        ("## Words (`A`)\n\n| `one` | 1 |\n## Others (`B`)\n| `two` | 2 |\n", 1),
        ("## Words (`A`)\n\n| `one` | 1 |\n| `two` | 2 |\n| `three` | 3 |\n", 1),
    ])
    func reasonRule(_ markdown: String, findings: Int) {
        let source = SourceText(path: "A.swift", text: "enum A {\n case one\n case two\n}")
        #expect(
            ReasonRules.compare("A", source: source, markdown: markdown).count == findings)
    }

    @Test(arguments: [
        ("// \(leftover): later", 1),
        ("// \(leftover)s are lists", 0),
        ("let a = 1", 0),
    ])
    func leftoverRule(_ text: String, findings: Int) {
        #expect(DocumentRules.leftovers([SourceText(path: "A", text: text)]).count == findings)
    }

    @Test(arguments: [
        ("Sources/A", "open(\"/tm" + "p/x\")", 1),
        ("Tests/A", "open(\"/tm" + "p/x\")", 0),
        ("Sources/A", "outbox/tm" + "p/x", 0),
        ("Tests/A", "cd /wo" + "rk/x", 1),
        ("Sources/A", "net/wo" + "rk/x", 0),
    ])
    func machinePathRule(_ path: String, _ text: String, findings: Int) {
        #expect(DocumentRules.machinePaths([SourceText(path: path, text: text)]).count == findings)
    }

    @Test(arguments: [
        ("`A.one` and `A.two`", 0),
        ("`A.one`", 1),
        ("A.one, `B.two`", 2),
    ])
    func limitRule(_ markdown: String, findings: Int) {
        let text =
            "package struct A: Sendable {\n    package var one = 1\n    public let two: Int\n"
            + "    static let three = 3\n    var sum: Int { 1 }\n    init() {\n"
            + "        let four = 4\n    }\n}\nstruct B {\n    var five = 5\n}\n"
        let source = SourceText(path: "A.swift", text: text)
        #expect(
            DocumentRules.undocumentedLimits("A", source: source, markdown: markdown).count
                == findings)
    }

    @Test(arguments: [
        ("see `Windows/Watermark.swift`", 0),
        ("see `Watermark.swift` and `Windows/Other.swift`", 1),
        ("see `mark.swift`", 1),
        ("all `*.toml` below `/etc/forestall/forestall.toml`", 0),
    ])
    func missingFileRule(_ text: String, findings: Int) {
        let document = SourceText(path: "A.md", text: text)
        let files = ["Sources/Core/Windows/Watermark.swift"]
        #expect(DocumentRules.missingFiles([document], files: files).count == findings)
    }
}
