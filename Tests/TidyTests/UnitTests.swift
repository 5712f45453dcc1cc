import Testing

@Suite("The systemd unit says what the program does")
struct UnitTests {
    private static let text = Repository.text("systemd/forestall.service")

    /// The first text between two others in a source file.
    private func text(_ path: String, between before: String, and after: String) throws -> String {
        let source = Repository.text(path)
        let start = try #require(source.firstRange(of: before), "\(path) has no \(before)")
        let rest = source[start.upperBound...]
        return String(rest[..<(try #require(rest.firstRange(of: after)).lowerBound)])
    }

    private func program() throws -> UnitRules.Program {
        let codes = "Sources/App/Daemon/Commands/CommandFailure.swift"
        let patience = try text(
            "Sources/App/Daemon/Running/StoreLoop.swift",
            between: "patienceWhenStopping: UInt64 = ", and: "\n")
        return UnitRules.Program(
            configuration: try text(
                "Sources/App/Daemon/Configuration/ConfigurationLoader.swift",
                between: "= \"/etc", and: "\""
            ).withPrefix("/etc"),
            stateVariable: try text(
                "Sources/App/Daemon/Commands/StateLocation.swift", between: "environment[\"",
                and: "\"]"),
            hopeless: [
                try text(codes, between: "case usage = ", and: "\n"),
                try text(codes, between: "case configuration = ", and: "\n"),
            ],
            stopPatience: (Int(patience.filter(\.isNumber)) ?? 0) / 1_000_000_000)
    }

    @Test func theUnitFits() throws {
        let findings = UnitRules.compare(UnitRules.settings(Self.text), try program())
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    // MARK: The rules can fail

    @Test(arguments: [
        ("Type=notify", "Type=simple"),
        ("--config /etc/forestall/", "--config /etc/other/"),
        ("ConfigurationDirectory=forestall", "ConfigurationDirectory=other"),
        ("StateDirectory=forestall", "StateDirectory=other"),
        ("ExitStatus=64 78", "ExitStatus=64"),
        ("Restart=on-failure", "Restart=always"),
        ("WatchdogSec=60", "WatchdogSec=10"),
        ("TimeoutStopSec=60", "TimeoutStopSec=30"),
        ("SWIFT_BACKTRACE=enable=no", "SWIFT_BACKTRACE=enable=yes"),
        ("DynamicUser=yes", "DynamicUser=no"),
        (" AF_UNIX", ""),
    ])
    func anotherSettingIsFound(_ setting: String, _ other: String) throws {
        #expect(Self.text.contains(setting))
        let changed = Self.text.replacing(setting, with: other)
        #expect(UnitRules.compare(UnitRules.settings(changed), try program()).count == 1)
    }

    @Test(
        arguments: [
            ("60", 60), ("60s", 60), ("10min", 600), ("infinity", nil), ("1h", nil), ("", nil),
        ] as [(String, Int?)])
    func times(_ text: String, _ seconds: Int?) {
        #expect(UnitRules.seconds(text) == seconds)
    }
}

extension String {
    fileprivate func withPrefix(_ prefix: String) -> String { prefix + self }
}
