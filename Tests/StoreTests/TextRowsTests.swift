import Primitives
import Testing

@testable import Engine
@testable import Store
@testable import Windows

/// What devices say in words: rows, alerts, and what a restart takes up of them.
@Suite struct TextRowsTests {
    private let time = Sample.time

    private func change(
        _ value: String, before previous: String? = nil, at seconds: Int64, fault: Bool = true,
        isEvent: Bool = true, isTold: Bool = true
    ) -> TextChange {
        TextChange(
            device: Sample.pump, name: fault ? "pump.fault" : "pump.status", value: value,
            previous: previous, time: time + .seconds(seconds), isFaultCode: fault,
            isEvent: isEvent, isTold: isTold)
    }

    private func written(_ steps: [[TextChange]]) throws -> TestStore {
        let store = try TestStore()
        var writer = try store.writer()
        for (index, texts) in steps.enumerated() {
            var step = Sample.step(index + 1, changes: [])
            step.alerts = []
            step.texts = texts
            _ = try writer.write(step)
        }
        return store
    }

    @Test func changesAreEventsAndTheLastOneStands() throws {
        let store = try written([
            [
                change("run", at: 0, fault: false), change("", at: 0),
                change("E42", before: "", at: 1),
            ],
            [
                change("0", before: "E42", at: 2),
                change("stop", before: "run", at: 3, fault: false),
            ],
        ])
        let t = time.nanoseconds
        #expect(
            try store.rows("SELECT * FROM device_text ORDER BY name") == [
                "1|pump.fault|0|\(t + 2_000_000_000)|1",
                "1|pump.status|stop|\(t + 3_000_000_000)|0",
            ])
        #expect(
            try store.rows("SELECT * FROM device_event ORDER BY time, name") == [
                "\(t)|1|pump.fault|fault_cleared|||1", "\(t)|1|pump.status|text|run||1",
                "\(t + 1_000_000_000)|1|pump.fault|fault_code|E42||1",
                "\(t + 2_000_000_000)|1|pump.fault|fault_cleared|0|E42|2",
                "\(t + 3_000_000_000)|1|pump.status|text|stop|run|2",
            ])
        #expect(
            try store.rows("SELECT * FROM device_event_readable ORDER BY time DESC LIMIT 1") == [
                "P-101|pump.status|text|stop|run|2026-02-03T04:10:03Z"
            ])
    }

    @Test func onlyANewFaultCodeIsAnAlert() throws {
        let store = try written([
            [
                change("run", at: 0, fault: false), change("none", at: 0),
                change("E 42", before: "none", at: 1), change("none", before: "E 42", at: 2),
            ]
        ])
        #expect(
            try store.rows("SELECT event_id, payload FROM outbox WHERE sink = 'alerts'") == [
                "P-101/pump.fault/\(time.nanoseconds + 1_000_000_000)|"
                    + "time=2026-02-03T04:10:01Z level=warning event=device.fault_code "
                    + "device=P-101 signal=pump.fault code=\"E 42\" "
                    + "msg=\"The device reports fault code E 42.\""
            ])
        // A step that only says this wakes whoever delivers.
        var step = EngineStep(sequence: 1, advancedTo: time, counters: EngineCounters())
        #expect(step.isEmpty && !step.hasMessages)
        step.texts = [change("run", at: 0, fault: false)]
        #expect(!step.isEmpty && !step.hasMessages)
        step.texts = [change("E42", at: 0)]
        #expect(step.hasMessages)
    }

    @Test func whatIsNoEventOnlyBecomesTheLastKnownText() throws {
        let store = try written([
            [change("a", at: 0), change("c", before: "b", at: 2, isEvent: false, isTold: false)],
            // An older one does not replace a newer one.
            [change("b", before: "a", at: 1, isEvent: false, isTold: false)],
        ])
        #expect(try store.rows("SELECT value FROM device_text") == ["c"])
        #expect(try store.rows("SELECT value FROM device_event") == ["a"])
        #expect(try store.rows("SELECT count(*) FROM outbox") == ["1"])
    }

    /// A fault of a backlog: kept at once, told later, once.
    @Test func aHeldFaultIsToldLater() throws {
        let event = change("E7", at: 0, isTold: false)
        var told = change("E7", at: 0, isEvent: false)
        let store = try written([[event]])
        #expect(try store.rows("SELECT value FROM device_event") == ["E7"])
        #expect(try store.rows("SELECT count(*) FROM outbox") == ["0"])
        let later = try written([[event], [told], [told]])
        #expect(try later.rows("SELECT value FROM device_event") == ["E7"])
        #expect(try later.rows("SELECT count(*) FROM outbox") == ["1"])
        told.isTold = false
        #expect(!told.isAlert)
    }

    @Test func aStepWrittenTwiceIsThereOnce() throws {
        let store = try TestStore()
        var writer = try store.writer()
        var step = Sample.step(changes: [])
        step.alerts = []
        step.texts = [change("E42", at: 1)]
        _ = try writer.write(step)
        let again = try writer.write(step)
        #expect(again.messages == 0)
        #expect(try store.rows("SELECT count(*) FROM device_event") == ["1"])
    }

    @Test func aRestartTakesUpTheLastKnownTexts() throws {
        let store = try written([[change("E42", at: 1), change("run", at: 0, fault: false)]])
        #expect(
            try StepHistory(store.database).texts() == [
                RecordedText(
                    device: "P-101", name: "pump.fault", value: "E42", since: time + .seconds(1)),
                RecordedText(
                    device: "P-101", name: "pump.status", value: "run", since: time),
            ])
    }

    @Test func readModels() throws {
        let store = try written([
            [change("E42", at: 1), change("run", at: 0, fault: false)],
            [change("E43", before: "E42", at: 2)],
        ])
        let model = try ReadModel(StateDirectory(reading: store.database.directory.path))
        #expect(
            try model.texts(of: "P-101").map { "\($0.name)=\($0.value) \($0.isFaultCode)" } == [
                "pump.fault=E43 true", "pump.status=run false",
            ])
        #expect(
            try model.events(of: "P-101", limit: 2).map {
                "\($0.kind) \($0.value)<\($0.previous ?? "-")"
            } == ["fault_code E43<E42", "fault_code E42<-"])
        #expect(try model.texts(of: "P-999").isEmpty)
        #expect(try model.events(of: "P-999", limit: 2).isEmpty)
    }

    @Test func countersOfTexts() throws {
        let store = try TestStore()
        var writer = try store.writer()
        var step = Sample.step(changes: [])
        step.counters.textFields = 9
        step.counters.textsRefused = 4
        step.counters.textChangesUnkept = 5
        _ = try writer.write(step)
        #expect(
            try store.rows("SELECT text_fields, texts_refused, text_changes_unkept FROM runtime")
                == ["9|4|5"])
    }
}
