import Engine
import Primitives
import Testing
import Windows

/// Text fields and fault codes: last known values, changes as events, bounds.
@Suite struct TextTests {
    static let configuration = EngineConfiguration.byEvent(classes: [
        MachineClass(
            name: "pump", measurements: ["pump"], faultCodes: ["fault", "plc.code"],
            windows: WindowPolicy(length: .minutes(1), lateness: .seconds(30)))
    ])

    /// `kind device name=value<previous @seconds` per change.
    private func story(_ run: EngineRun) -> [String] {
        run.steps.flatMap(\.texts).map { change in
            let kind =
                change.isEvent
                ? (change.isFault ? "fault" : change.isFaultCode ? "ok" : "text")
                : "unkept"
            return "\(kind) \(run.registry[change.device].name) \(change.name)=\(change.value)"
                + "<\(change.previous ?? "-") @\(change.time.nanoseconds / 1_000_000_000)"
        }
    }

    private func fed(
        _ lines: [(seconds: Int, text: String)],
        _ configuration: EngineConfiguration = Self.configuration
    ) -> EngineRun {
        let run = EngineRun(configuration)
        for line in lines { run.send("\(line.text) \(line.seconds)000000000\n") }
        run.finish()
        return run
    }

    private func check(
        _ lines: [(seconds: Int, text: String)], _ expected: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(story(fed(lines)) == expected, sourceLocation: sourceLocation)
    }

    @Test func aTextIsToldOnceUntilItChanges() {
        check(
            [
                (1, #"m,device=a status="run",v=1"#), (2, #"m,device=a status="run",v=1"#),
                (3, #"m,device=a status="stop",v=1"#), (4, #"m,device=a status="stop",v=1"#),
            ], "text a m.status=run<- @1", "text a m.status=stop<run @3")
    }

    @Test func textsOfDevicesAndSeriesAreApart() {
        check(
            [
                (1, #"m,device=a s="x""#), (1, #"m,device=b s="x""#),
                (1, #"m,device=a,axis=y s="z""#),
            ], "text a m.s=x<- @1", "text a m.s,axis=y=z<- @1", "text b m.s=x<- @1")
    }

    @Test func escapesAreUndoneAndLongTextsCut() {
        let long = String(repeating: "ä", count: 200)
        let kept = String(repeating: "ä", count: 128)
        check(
            [(1, #"m,device=a s="say \"hi\" \\ done""#), (2, "m,device=a s=\"\(long)\"")],
            #"text a m.s=say "hi" \ done<- @1"#, "text a m.s=\(kept)<say \"hi\" \\ done @2")
    }

    /// Beyond the part that is kept nothing is a change.
    @Test func aChangeBehindTheKeptPartIsNone() {
        let long = String(repeating: "x", count: 300)
        check(
            [(1, "m,device=a s=\"\(long)1\""), (2, "m,device=a s=\"\(long)2\"")],
            "text a m.s=\(long.prefix(256))<- @1")
    }

    @Test func anOlderTextIsNoNews() {
        check(
            [
                (10, #"m,device=a s="new""#), (9, #"m,device=a s="old""#),
                (10, #"m,device=a s="x""#),
            ],
            "text a m.s=new<- @10", "text a m.s=x<new @10")
    }

    @Test func aFaultCodeIsAnEventWhateverItsKind() {
        check(
            [
                (1, #"pump,device=a fault="",v=1"#), (2, #"pump,device=a fault="E42",v=1"#),
                (3, #"pump,device=a fault="E42",v=1"#), (4, #"pump,device=a fault="none",v=1"#),
                (5, "plc,device=a code=0i"), (6, "plc,device=a code=1203i"),
                (7, "plc,device=a code=1203"), (8, "plc,device=a code=18446744073709551615u"),
                (9, "plc,device=a code=false"), (10, "plc,device=a code=true"),
                (11, "plc,device=a code=1.5"),
            ],
            "ok a pump.fault=<- @1", "fault a pump.fault=E42< @2", "ok a pump.fault=none<E42 @4",
            "ok a plc.code=0<- @5", "fault a plc.code=1203<0 @6",
            "fault a plc.code=18446744073709551615<1203 @8",
            "ok a plc.code=false<18446744073709551615 @9", "fault a plc.code=true<false @10",
            "fault a plc.code=1.5<true @11")
    }

    /// The numbers of a fault code are a signal as before.
    @Test func aNumericFaultCodeIsASignalToo() {
        let run = fed([
            (1, "plc,device=a code=7i,v=1"), (2, "pump,device=a v=1"),
            (3, "pump,device=a fault=3i"),
        ])
        #expect(run.registry.signals.map(\.name) == ["plc.code", "plc.v", "pump.v", "pump.fault"])
    }

    /// The class becomes known after the field: then its next value is the first.
    @Test func aClassThatComesLaterDeclaresItsFaultCodes() {
        check(
            [
                (1, "plc,device=a code=7i,v=1"), (2, "plc,device=a code=7i,v=1"),
                (3, "pump,device=a v=1"), (4, "plc,device=a code=7i,v=1"),
                (5, "plc,device=a code=8i,v=1"),
            ], "fault a plc.code=7<- @4", "fault a plc.code=8<7 @5")
        check(
            [
                (1, #"plc,device=a code="7""#), (3, "pump,device=a v=1"),
                (4, #"plc,device=a code="8""#),
            ],
            "text a plc.code=7<- @1", "fault a plc.code=8<7 @4")
    }

    @Test func undeclaredCodesAreNoFaults() {
        check(
            [(1, #"fan,device=b fault="E42",code=7i"#), (2, #"fan,device=b fault="E43",code=8i"#)],
            "text b fan.fault=E42<- @1", "text b fan.fault=E43<E42 @2")
    }

    /// A field may be a number now and a text then.
    @Test func aFieldOfBothKinds() {
        let run = fed([(1, "m,device=a x=1"), (2, #"m,device=a x="one""#), (3, "m,device=a x=2")])
        #expect(story(run) == ["text a m.x=one<- @2"])
        #expect(run.counters.readings == 2)
        #expect(run.registry.signals.map(\.name) == ["m.x"])
    }

    @Test func changesOfOneTextInAnHourAreBounded() {
        let most = TextValues.eventsPerHour
        let lines = (0..<most + 5).map { ($0 + 1, "m,device=a s=\"\($0)\"") }
        let run = fed(lines + [(3_700, #"m,device=a s="later""#)])
        let changes = run.steps.flatMap(\.texts)
        #expect(changes.count { $0.isEvent } == most + 1)
        #expect(run.counters.textChangesUnkept == 5)
        // What is not kept as an event is still the last known value, once a step.
        #expect(changes.filter { !$0.isEvent }.last?.value == "\(most + 4)")
        #expect(changes.last?.value == "later" && changes.last?.previous == "\(most + 4)")
    }

    /// A text that never stops changing is told once a step, and nothing is looked through for it.
    @Test func changesBeyondTheBoundAreOneOfAStep() {
        let most = TextValues.eventsPerHour
        let run = EngineRun(Self.configuration)
        run.send((0..<most + 500).map { "m,device=a s=\"\($0)\" 1\n" }.joined())
        run.finish()
        let changes = run.steps.flatMap(\.texts)
        #expect(changes.count == most + 1)
        #expect(changes.filter { !$0.isEvent }.map(\.value) == ["\(most + 499)"])
        #expect(run.counters.textChangesUnkept == 500)
    }

    @Test func textsPerDeviceAreBounded() {
        var configuration = Self.configuration
        configuration.limits.textsPerDevice = 2
        let run = fed(
            [
                (1, #"m,device=a s="1",t="2",u="3",v=1"#), (2, #"m,device=a u="4",s="5""#),
                (3, #"m,device=b u="6""#),
            ], configuration)
        #expect(
            story(run) == [
                "text a m.s=1<- @1", "text a m.t=2<- @1", "text a m.s=5<1 @2", "text b m.u=6<- @3",
            ])
        #expect(run.refusals == ["too_many_texts 2"])
        #expect(run.counters.textsRefused == 2)
        #expect(run.counters.linesAccepted == 3)
    }

    /// Whoever invents field names for ever makes nothing grow.
    @Test func inventedTextNamesAreBounded() {
        var configuration = Self.configuration
        configuration.limits.textsPerDevice = 2
        configuration.limits.signalsPerDevice = 1
        let run = EngineRun(configuration)
        for index in 0..<100 { run.send("m,device=a t\(index)=\"x\" 1\n") }
        run.finish()
        #expect(run.rememberedFields == 6)
        #expect(run.counters.textsRefused == 98)
    }

    @Test func textsSurviveARestart() throws {
        var first = TelemetryEngine(Self.configuration)
        var steps: [EngineStep] = []
        func send(_ text: String, to engine: inout TelemetryEngine) {
            let bytes = Array((text + "\n").utf8)
            engine.ingest(
                bytes.span, from: 0, to: bytes.count, source: .file(0),
                arrivedAt: Timestamp(seconds: 0)
            ) { steps.append($0) }
        }
        send(#"pump,device=a fault="E42",s="x" 1000000000"#, to: &first)
        first.flush { steps.append($0) }
        var second = TelemetryEngine(Self.configuration)
        let restored = try second.restore(first.checkpoint())
        #expect(restored.dropped.isEmpty)
        #expect(steps.flatMap(\.texts).count == 2)
        // Without a checkpoint of it: the store's rows.
        second.adopt([
            RecordedText(device: "a", name: "pump.s", value: "y", since: Timestamp(seconds: 5)),
            RecordedText(
                device: "a", name: "pump.fault", value: "E1", since: Timestamp(seconds: 0)),
        ])
        steps = []
        send(#"pump,device=a fault="E42",s="y" 6000000000"#, to: &second)
        send(#"pump,device=a fault="E43",s="y" 7000000000"#, to: &second)
        second.flush { steps.append($0) }
        #expect(steps.flatMap(\.texts).map(\.value) == ["E43"])
        #expect(steps.flatMap(\.texts).map(\.previous) == ["E42"])
    }
}
