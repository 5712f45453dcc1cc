import Engine
import LineProtocol
import Primitives
import Testing
import Windows

/// Everything that is refused is counted by sender and reason, and costs no neighbour.
@Suite struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var rejection: LineRejection
        var column: Int
        var line: String
        var testDescription: String { rejection.name }

        init(_ rejection: LineRejection, _ column: Int, _ line: String) {
            self.rejection = rejection
            self.column = column
            self.line = line
        }
    }

    static let cases = [
        Case(.missingMeasurement, 1, ",device=a v=1"),
        Case(.missingTagKey, 3, "m,=b v=1"),
        Case(.missingTagEquals, 4, "m,a v=1"),
        Case(.missingTagValue, 10, "m,device= v=1"),
        Case(.equalsInTagValue, 6, "m,a=b=c v=1"),
        Case(.missingFields, 11, "m,device=a"),
        Case(.missingFieldKey, 12, "m,device=a =1"),
        Case(.missingFieldEquals, 13, "m,device=a v"),
        Case(.missingFieldValue, 14, "m,device=a v="),
        Case(.unquotedText, 14, "m,device=a v=abc"),
        Case(.singleQuotedText, 14, "m,device=a v='abc'"),
        Case(.invalidNumber, 14, "m,device=a v=1.2.3"),
        Case(.notFinite, 14, "m,device=a v=nan"),
        Case(.floatOutOfRange, 14, "m,device=a v=1e999"),
        Case(.integerOutOfRange, 14, "m,device=a v=9223372036854775808i"),
        Case(.unsignedOutOfRange, 14, "m,device=a v=18446744073709551616u"),
        Case(.unterminatedString, 14, "m,device=a v=\"abc"),
        Case(.textAfterString, 19, "m,device=a v=\"abc\"d"),
        Case(.invalidTimestamp, 16, "m,device=a v=1 now"),
        Case(.timestampOutOfRange, 16, "m,device=a v=1 9223372036854775808"),
        Case(.textAfterTimestamp, 18, "m,device=a v=1 5 x"),
        Case(.nulByte, 3, "m,\u{0}device=a v=1"),
        Case(
            .lineTooLong, 65_537,
            "m,device=a v=1,t=\"" + String(repeating: "x", count: 65_600) + "\""),
        Case(
            .tooManyTags, 0,
            "m" + (0..<65).map { ",t\($0)=x" }.joined() + " v=1"),
        Case(
            .tooManyFields, 0,
            "m,device=a " + (0..<513).map { "f\($0)=1" }.joined(separator: ",")),
    ]

    @Test func everyRejectionHasACase() {
        #expect(Set(Self.cases.map(\.rejection)) == Set(LineRejection.allCases))
    }

    @Test(arguments: cases)
    func aBadLineCostsNoNeighbour(_ example: Case) {
        let run = EngineRun()
        let sender = LineSource.ipv4(.udp, 0x7F00_0001)
        run.send(
            line("A", 1, at: 1) + example.line + "\n" + line("A", 3, at: 2), source: sender)
        run.finish()
        #expect(run.frames == ["A 0...60 v:2@2.0"])
        #expect(run.counters.linesRefused == 1)
        let refused = run.refused
        #expect(refused.count == 1)
        #expect(refused.first?.reason == example.rejection.name)
        #expect(refused.first?.source == sender)
        #expect(refused.first?.count == 1)
        if example.column > 0 { #expect(refused.first?.column == example.column) }
        #expect((refused.first?.column ?? 0) > 0)
        #expect(refused.first?.sample == String(example.line.prefix(120)))
        #expect(refused.first?.time == Timestamp(seconds: 1))
    }

    /// One input per reason; each must turn up in a step under its own word.
    @Test func everyReasonReachesAStep() {
        let inputs: [RefusalReason: [String]] = [
            .noIdentity: ["m v=1 5\n"],
            .clockSkew: [line("a", at: 0), line("a", at: 999_999), line("a", at: 1)],
            .timestampOverflow: ["m,device=a v=1 9223372036854775807\n"],
            .noTimestamp: ["m,device=a v=1\n"],
            .late: [line("a", at: 500), line("a", at: 1)],
            .tooManyDevices: [line("a", at: 0), line("b", at: 1)],
            .tooManySignals: ["m,device=a v=1,w=1 5\n"],
            .tooManyTexts: ["m,device=a s=\"1\",t=\"2\" 5\n"],
            .tooManyNewDevices: [line("a", at: 0), line("b", at: 1)],
            .tagSetTooLong: ["m,device=\(String(repeating: "d", count: 99)) v=1 5\n"],
            .tooManySeriesKeys: [line("a", at: 0), "m,device=a v=1 5\n", "n,device=a v=1 5\n"],
        ]
        for reason in RefusalReason.allCases {
            let limits = EngineLimits(
                devices: reason == .tooManyNewDevices ? 2 : 1, signalsPerDevice: 1,
                textsPerDevice: 1, newDevicesPerMinute: 1, tagSetBytes: 99, seriesKeys: 2)
            var configuration = EngineConfiguration.byEvent(limits: limits)
            configuration.clock.amendFor = .zero
            let run = EngineRun(configuration)
            let precision = reason == .timestampOverflow ? StampPrecision.seconds : .auto
            for line in inputs[reason] ?? [] { run.send(line, precision: precision) }
            run.finish()
            // The one signal allowed is the first; a second one is refused besides.
            #expect(run.refused.contains { $0.reason == reason.rawValue }, "\(reason)")
            #expect(!reason.message.isEmpty)
        }
        let words = RefusalReason.allCases.map(\.rawValue) + LineRejection.allCases.map(\.name)
        #expect(Set(words).count == words.count)
    }

    @Test func countsAddUpPerSenderAndReason() {
        let run = EngineRun()
        for sender in [1, 2, 1] {
            run.send("bad\nm v=1 5\nworse line\n", source: .file(sender))
        }
        run.flush()
        let lines = run.refused.map { "\($0.source) \($0.reason) \($0.count) \($0.sample)" }
        #expect(
            lines == [
                "file:1 missing_fields 2 bad", "file:1 no_identity 2 m v=1 5",
                "file:1 missing_field_equals 2 worse line", "file:2 missing_fields 1 bad",
                "file:2 no_identity 1 m v=1 5", "file:2 missing_field_equals 1 worse line",
            ])
        #expect(run.counters.linesRefused == 9)
        run.send("bad\n", source: .file(1))
        run.flush()
        #expect(run.refused.last?.count == 1)
    }

    /// Column and sample are those of the last such record.
    @Test func theLastOneIsShown() {
        let run = EngineRun()
        run.send("m,device=a v=abc\nm,device=long v=x\r\n")
        run.flush()
        #expect(run.refused.map(\.column) == [17])
        #expect(run.refused.map(\.sample) == ["m,device=long v=x"])
        #expect(run.refused.map(\.count) == [2])
    }

    /// Binary rubbish is cut and made readable.
    @Test func samplesAreBounded() {
        let run = EngineRun()
        run.send((Array("m v=".utf8) + [UInt8](repeating: 0xFF, count: 500) + [10])[...])
        run.flush()
        let sample = run.refused.first?.sample ?? ""
        #expect(sample == "m v=" + String(repeating: "\u{FFFD}", count: 116))
    }

    @Test func sendersBeyondTheBoundShareAnEntry() {
        let limits = EngineLimits(countedSources: 2)
        let run = EngineRun(.byEvent(limits: limits))
        for sender in [4, 5, 6, 7, 5, 6] { run.send("bad\n", source: .file(sender)) }
        run.flush()
        #expect(
            run.refused.map { "\($0.source) \($0.count)" }
                == ["file:4 1", "file:5 2", "file:18446744073709551615 3"])
        // The bound is per step.
        run.send("bad\n", source: .file(9))
        run.flush()
        #expect(run.refused.last.map { "\($0.source) \($0.count)" } == "file:9 1")
    }

    /// The largest numbers a line can carry overflow a variance; they must not stop the engine.
    @Test func hugeValuesDoNotTrap() {
        let run = EngineRun(.byEvent(classes: [.pump(window: .minutes(1))]))
        for minute in 0..<120 {
            let sign = minute % 2 == 0 ? "" : "-"
            run.send(
                "pump,device=a current=5,vibration_rms=\(sign)1.7e308,x=\(sign)1e308,"
                    + "bearing_temperature=1e-320 \(minute * 30)000000000\n")
        }
        run.finish()
        #expect(run.readingsClosed == 480)
    }
}
