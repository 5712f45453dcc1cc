import Engine
import Primitives
import Testing
import Windows

/// Beyond a limit the newcomer is refused and counted, never the resident.
@Suite struct LimitTests {
    func run(_ limits: EngineLimits, _ lines: [String]) -> EngineRun {
        let run = EngineRun(.byEvent(limits: limits))
        for (index, line) in lines.enumerated() { run.send("\(line) \(index + 1)\n") }
        run.finish()
        return run
    }

    @Test func devices() {
        let run = run(
            EngineLimits(devices: 2),
            [
                "m,device=a v=1", "m,device=b v=1", "m,device=c v=1", "m,device=a,x=1 v=2",
                "m,device=b v=3",
            ])
        #expect(run.registry.devices.map(\.name) == ["a", "b"])
        #expect(run.refusals == ["too_many_devices 1"])
        #expect(run.counters.linesAccepted == 4)
        #expect(run.counters.linesRefused == 1)
        #expect(run.readingsClosed == 4)
    }

    @Test func seriesKeys() {
        let run = run(
            EngineLimits(seriesKeys: 2),
            [
                "m,device=a v=1", "m,device=a,x=1 v=1", "m,device=a,x=2 v=1", "m,device=b v=1",
                "m,device=a v=2",
            ])
        #expect(run.refusals == ["too_many_series_keys 2"])
        #expect(run.registry.devices.map(\.name) == ["a"])
        #expect(run.registry.signals.map(\.name) == ["m.v", "m.v,x=1"])
        #expect(run.readingsClosed == 3)
    }

    /// The rest of the line is taken; the line is named once, with the column of the field.
    @Test func signalsPerDevice() {
        let run = run(
            EngineLimits(signalsPerDevice: 2),
            [
                "m,device=a p=1,q=2", "m,device=a p=1,r=3,q=2,s=4", "m,device=a,x=1 p=1",
                "m,device=b r=1",
            ])
        #expect(
            run.registry.signals.map { "\($0.device.index) \($0.name)" }
                == ["0 m.p", "0 m.q", "1 m.r"])
        #expect(run.refusals == ["too_many_signals 2"])
        #expect(run.counters.readingsRefused == 3)
        #expect(run.counters.readings == 5)
        #expect(run.counters.linesAccepted == 4)
        #expect(run.counters.linesRefused == 0)
        #expect(run.frames == ["a 0...60 p:2@1.0 q:2@2.0", "b 0...60 r:1@1.0"])
        let last = run.refused.last
        #expect(last?.column == 16)
        #expect(last?.sample == "m,device=a,x=1 p=1 3")
    }

    /// Of all devices together; signals that are there go on.
    @Test func signals() {
        let run = run(
            EngineLimits(signals: 3),
            ["m,device=a p=1,q=2", "m,device=b p=3,q=4", "m,device=c p=5", "m,device=a q=6"])
        #expect(
            run.registry.signals.map { "\($0.device.index) \($0.name)" }
                == ["0 m.p", "0 m.q", "1 m.p"])
        #expect(run.counters.readingsRefused == 2)
        #expect(run.counters.readings == 4)
        #expect(run.counters.linesRefused == 0)
    }

    /// A sender that invents field names must not make the engine grow.
    @Test func inventedFieldNamesAreNotKept() {
        let run = EngineRun(.byEvent(limits: EngineLimits(signalsPerDevice: 3, textsPerDevice: 0)))
        for index in 0..<50 {
            run.send("m,device=a a\(index)=1,b\(index)=2,keep=7 \(index + 1)\n")
        }
        run.finish()
        #expect(run.registry.signals.map(\.name) == ["m.a0", "m.b0", "m.keep"])
        #expect(run.counters.readingsRefused == 98)
        #expect(run.rememberedFields == 6)
        #expect(run.frames == ["a 0...60 a0:1@1.0 b0:1@2.0 keep:50@7.0"])
    }

    /// A whole fleet is known already when one more name comes.
    @Test func devicesThatAreNewInAMinute() {
        var configuration = EngineConfiguration()
        configuration.limits.newDevicesPerMinute = 2
        let run = EngineRun(configuration)
        func send(_ device: String, _ seconds: Int64) {
            run.send("m,device=\(device) v=1\n", at: Timestamp(seconds: 1_000 + seconds))
        }
        for device in ["a", "b", "c", "a", "b"] { send(device, 0) }
        send("d", 59)
        send("e", 60)
        send("f", 60)
        send("g", 119)
        // A clock that jumps back begins a new minute.
        send("h", -5)
        run.finish()
        #expect(run.registry.devices.map(\.name) == ["a", "b", "e", "f", "h"])
        #expect(run.refusals == ["too_many_new_devices 3"])
        #expect(run.counters.linesAccepted == 7)
    }

    /// Of new series; a known one is known by its bytes.
    @Test func bytesOfATagSet() {
        let most = "m,device=" + String(repeating: "d", count: 64 - 9)
        let run = run(EngineLimits(tagSetBytes: 64), ["\(most) v=1", "\(most)x v=1"])
        #expect(run.refusals == ["tag_set_too_long 1"])
        #expect(run.registry.devices.count == 1)
    }

    /// Keys are kept; together they may take 1 KiB for each of the allowed number.
    @Test func bytesOfSeriesKeys() {
        let long = String(repeating: "x", count: 3_000)
        let run = run(
            EngineLimits(seriesKeys: 4),
            [
                "m,device=a,x=\(long) v=1", "m,device=a,y=\(long) v=1", "m,device=b v=1",
                "m,device=a,x=\(long) v=1",
            ])
        #expect(run.refusals == ["too_many_series_keys 1"])
        #expect(run.readingsClosed == 3)
    }

    @Test func textFieldsAreCountedAndNoReadings() {
        let run = run(EngineLimits(), [#"m,device=a s="x y",v=1,t="a,b=2""#, #"m,device=a s="z""#])
        #expect(run.counters.textFields == 3)
        #expect(run.counters.readings == 1)
        #expect(run.counters.linesAccepted == 2)
        #expect(run.registry.signals.map(\.name) == ["m.v"])
    }
}
