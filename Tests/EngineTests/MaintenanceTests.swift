import Detection
import Primitives
import Testing
import Tickets
import Windows

@testable import Engine

/// Maintenance events and silence: who is missed.
@Suite struct MaintenanceSilenceTests {
    private func site() -> Site {
        let site = Site()
        site.sites = ["P-1": "a", "P-2": "b"]
        return site
    }

    /// An event at `minute` of the site's time.
    private func event(
        _ kind: MaintenanceEvent.Kind, _ device: String, at minute: Int64
    ) -> OperatorCommand.Action {
        .maintenance(
            MaintenanceEvent(
                time: Timestamp(seconds: Site.start + minute * 60), device: device, kind: kind))
    }

    @Test func aFailedDeviceIsNotMissedUntilItIsRepaired() {
        let site = site()
        site.pass(minutes: 200, speaking: ["P-1", "P-2"])
        site.give(1, event(.failure, "P-1", at: 200))
        site.pass(minutes: 600, speaking: ["P-2"])
        #expect(site.story == [])
        site.give(2, event(.repair, "P-1", at: 800))
        site.pass(minutes: 125, speaking: ["P-2"])
        #expect(site.story == ["opened silent P-1 at 920"], "counted from the repair")
    }

    @Test func aRetiredDeviceIsNotMissedAndItsTicketIsClosed() throws {
        let site = site()
        site.pass(minutes: 200, speaking: ["P-1", "P-2"])
        site.pass(minutes: 200, speaking: ["P-2"])
        #expect(site.story == ["opened silent P-1 at 320"])
        site.give(1, event(.retired, "P-1", at: 399), note: "scrapped")
        site.pass(minutes: 2_000, speaking: ["P-2"])
        #expect(site.story == ["opened silent P-1 at 320", "closed silent P-1 at 399"])
        let closed = try #require(site.changes.last)
        #expect(closed.reason == .retired)
        #expect(closed.operatorNote?.by == "anna" && closed.operatorNote?.note == "scrapped")
        // Folded again after a crash it is the same.
        #expect(site.refold().map(\.id) == [closed.id])
        site.pass(minutes: 500, speaking: ["P-2"])
        #expect(site.changes.count == 2)
    }

    /// An outage goes on without the device that was retired meanwhile.
    @Test func anOutageLosesARetiredMember() {
        let site = Site()
        let all = ["P-1", "P-2", "P-3"]
        for device in all { site.sites[device] = "a" }
        site.pass(minutes: 200, speaking: all)
        site.pass(minutes: 130)
        #expect(site.story == ["opened site_outage P-1 at 320"])
        for (id, device) in all.enumerated() {
            site.give(Int64(id + 1), event(.retired, device, at: 330))
        }
        site.pass(minutes: 10)
        #expect(site.changes.map(\.kind) == [.opened, .recovered])
    }

    /// Events wait for their time, are taken in order of it and before decisions.
    @Test func eventsAreTakenWhenTheirTimeHasCome() {
        let site = site()
        site.pass(minutes: 10, speaking: ["P-1", "P-2"])
        site.give(1, .shelve(device: "P-1", duration: .hours(1)))
        site.give(2, event(.retired, "P-2", at: 12))
        site.give(3, event(.inspection, "P-2", at: 8))
        site.pass(minutes: 1, speaking: ["P-1", "P-2"])
        #expect(site.commands.map(\.command.id) == [3, 1])
        site.pass(minutes: 1, speaking: ["P-1", "P-2"])
        #expect(site.commands.map(\.command.id) == [3, 1, 2])
        #expect(site.steps.filter { !$0.commands.isEmpty }.allSatisfy { $0.closed.isEmpty })
    }

    /// In work and retired survive a stop and a crash.
    @Test(arguments: [false, true])
    func standingSurvivesARestart(_ crashes: Bool) throws {
        let site = site()
        site.pass(minutes: 200, speaking: ["P-1", "P-2"])
        site.give(1, event(.failure, "P-1", at: 200))
        site.give(2, event(.retired, "P-9", at: 200))
        site.pass(minutes: 2, speaking: ["P-2"])
        if crashes { _ = site.refold() } else { try site.restart() }
        site.pass(minutes: 600, speaking: ["P-2"])
        #expect(site.story == [])
        site.sites["P-9"] = "c"
        site.pass(minutes: 2, speaking: ["P-2", "P-9"])
        site.pass(minutes: 600, speaking: ["P-2"])
        #expect(site.story == [], "events of a device not seen yet are kept")
        site.give(3, event(.repair, "P-1", at: 1_400))
        site.pass(minutes: 400, speaking: ["P-2"])
        #expect(site.story == ["opened silent P-1 at 1520"])
    }
}

/// Maintenance events beside the recording of a pump whose bearing wears.
@Suite struct MaintenanceWearTests {
    private static let configuration = EngineConfiguration.byEvent(classes: [.pump()])
    private static let recording = SimulatedRecording.wearing
    private static let device = recording.devices[0]
    private static let plain = run([])

    /// Bytes per piece of input, and where the engine is stopped and started in between.
    private static func run(
        _ events: [MaintenanceEvent], chunk: Int = 500, restarts: Set<Int> = []
    ) -> (steps: [EngineStep], registry: Registry) {
        var engine = TelemetryEngine(configuration)
        engine.schedule(events, continues: false)
        var steps: [EngineStep] = []
        let lines = recording.lines
        for (index, start) in stride(from: 0, to: lines.count, by: chunk).enumerated() {
            if restarts.contains(index), engine.canCheckpoint {
                let bytes = engine.checkpoint()
                engine = TelemetryEngine(configuration)
                let restored = try? engine.restore(bytes)
                precondition(restored?.dropped == [], "a checkpoint could not be read")
                engine.schedule(events, continues: true)
            }
            let bytes = lines[start..<min(start + chunk, lines.count)].flatMap(\.bytes)
            engine.ingest(
                bytes.span, from: 0, to: bytes.count, source: .file(0),
                arrivedAt: Timestamp(seconds: 0)
            ) { steps.append($0) }
        }
        engine.finish { steps.append($0) }
        engine.takeRest { steps.append($0) }
        return (steps, engine.registry)
    }

    private func changes(_ steps: [EngineStep]) -> [TicketChange] { steps.flatMap(\.changes) }

    private func frames(_ run: (steps: [EngineStep], registry: Registry)) -> [EngineStep.Closed] {
        run.steps.flatMap(\.closed).filter { run.registry[$0.frame.device].name == Self.device }
    }

    private func event(
        _ kind: MaintenanceEvent.Kind, at time: Timestamp, _ component: String = "bearing",
        device: String = device
    ) -> MaintenanceEvent {
        MaintenanceEvent(
            time: time, device: device, component: component, kind: kind, part: "6312-C3",
            note: "n")
    }

    /// As text, in which what is not known (NaN) equals itself.
    private func texts(_ frames: [EngineStep.Closed]) -> [String] {
        frames.map { String(reflecting: $0) }
    }

    /// When the ticket about the bearing had been open for six hours.
    private func whileOpen() throws -> Timestamp {
        let opened = try #require(changes(Self.plain.steps).first { $0.kind == .opened })
        #expect(opened.ticket.device == Self.device)
        return opened.time + .hours(6)
    }

    @Test(arguments: [MaintenanceEvent.Kind.replacement, .repair, .commissioned])
    func aNewLifeClosesTheTicketAndIsLearnedAnew(_ kind: MaintenanceEvent.Kind) throws {
        let time = try whileOpen()
        let run = Self.run([event(kind, at: time)])
        let closed = try #require(changes(run.steps).first { $0.kind == .closed })
        #expect(closed.reason == .closedByMaintenance)
        #expect(closed.time == time)
        #expect(closed.operatorNote?.part == "6312-C3")
        // Up to then nothing differs; then the bearing's signals have no baseline for a while.
        expectSame(
            texts(frames(run).filter { $0.frame.end <= time }),
            texts(frames(Self.plain).filter { $0.frame.end <= time }), "before the event")
        let after = frames(run).filter { $0.frame.start >= time }
        let first = try #require(after.first?.assessment)
        #expect(first.learned < 0.1)
        let bearing = first.components[0]
        #expect(!bearing.hasReference && !bearing.evidence.isEmpty)
        #expect(bearing.evidence.allSatisfy { first.signals[$0].expected.isNaN })
        // Other signals keep theirs.
        #expect(first.signals.contains { !$0.expected.isNaN })
    }

    @Test func afterTheCommissioningItIsJudgedAgain() throws {
        let early = try #require(Self.recording.lines.first?.time) + .hours(40)
        let run = Self.run([event(.replacement, at: early)])
        let after = frames(run).filter { $0.frame.start >= early + .hours(60) }
        let first = try #require(after.first?.assessment)
        #expect(first.learned == 1)
        #expect(first.components[0].hasReference)
    }

    /// Windows are kept, but nothing is judged or learned; other devices are not affected.
    @Test func aFailedDeviceIsNotJudged() throws {
        let opened = try #require(changes(Self.plain.steps).first { $0.kind == .opened })
        let time = opened.time - .hours(30)
        let run = Self.run([event(.failure, at: time)])
        #expect(changes(run.steps).filter { $0.ticket.device == Self.device } == [])
        let found = frames(run)
        #expect(found.map(\.frame) == frames(Self.plain).map(\.frame))
        let after = found.filter { $0.frame.end > time }
        #expect(after.count > 100)
        #expect(after.allSatisfy { $0.assessment.state == .notRunning && $0.assessment.score == 0 })
        #expect(run.steps.flatMap(\.decisions).contains { $0.reason == .inWork })
        let others = { (changes: [TicketChange]) in
            changes.filter { $0.ticket.device != Self.device }
        }
        #expect(others(changes(run.steps)) == others(changes(Self.plain.steps)))
    }

    /// While it is learned, a pause is no part of what is normal.
    @Test func nothingIsLearnedInWork() throws {
        let start = try #require(Self.recording.lines.first?.time)
        let run = Self.run([event(.failure, at: start + .hours(2))])
        let last = try #require(frames(run).last?.assessment)
        #expect(last.learned > 0 && last.learned < 0.1)
    }

    @Test func aRetiredDeviceHasNoTickets() throws {
        let time = try whileOpen()
        let run = Self.run([event(.retired, at: time, "")])
        let last = try #require(changes(run.steps).last { $0.ticket.device == Self.device })
        #expect(last.kind == .closed && last.reason == .retired && last.time == time)
        #expect(run.steps.flatMap(\.decisions).contains { $0.reason == .retired })
    }

    @Test func anInspectionIsOnlyRecorded() throws {
        let time = try whileOpen()
        let run = Self.run([event(.inspection, at: time)])
        #expect(changes(run.steps) == changes(Self.plain.steps))
        expectSame(texts(frames(run)), texts(frames(Self.plain)), "with an inspection")
        let taken = run.steps.flatMap(\.commands)
        #expect(taken.map(\.command.action) == [.maintenance(event(.inspection, at: time))])
        #expect(run.steps.last?.counters.maintenanceTaken == 1)
    }

    /// A history with all there is: the same however the input is cut and wherever the engine is
    /// stopped and started, and when its steps are folded again.
    @Test func theSameInputGivesTheSameTickets() throws {
        let time = try whileOpen()
        let start = try #require(Self.recording.lines.first?.time)
        let events = [
            event(.commissioned, at: start - .days(30), ""),
            event(.failure, at: start + .hours(20)), event(.repair, at: start + .hours(22)),
            event(.replacement, at: time), event(.failure, at: time + .hours(9)),
            event(.replacement, at: time + .hours(10)),
            event(.retired, at: time + .hours(20), "", device: Self.recording.devices[1]),
            event(.failure, at: start + .days(40)),
        ]
        let whole = Self.run(events)
        #expect(changes(whole.steps).contains { $0.reason == .closedByMaintenance })
        #expect(whole.steps.flatMap(\.commands).count == events.count)
        let shuffled = Self.run(events.reversed(), chunk: 7)
        #expect(changes(shuffled.steps) == changes(whole.steps))
        expectSame(texts(frames(shuffled)), texts(frames(whole)), "cut otherwise")
        let stopped = Self.run(events, chunk: 100, restarts: Set(stride(from: 1, to: 400, by: 3)))
        #expect(changes(stopped.steps) == changes(whole.steps))
        #expect(frames(stopped).map(\.frame) == frames(whole).map(\.frame))
        #expect(frames(stopped).map(\.assessment.raw) == frames(whole).map(\.assessment.raw))
        #expect(
            stopped.steps.flatMap(\.commands).map(\.command)
                == whole.steps.flatMap(\.commands).map(\.command))
        var second = TelemetryEngine(Self.configuration)
        let again = whole.steps.flatMap { second.refold(whole.registry.recorded($0)) }
        #expect(again == changes(whole.steps))
    }

    /// Before the first line that reaches it, not only at the next tick.
    @Test(arguments: [(0.4, 0), (0.5, 1), (0.7, 1)])
    func anEventIsTakenBeforeTheLineThatReachesIt(_ seconds: Double, _ taken: Int) {
        let start: Int64 = 1_767_225_600
        var engine = TelemetryEngine(Self.configuration)
        engine.schedule(
            [event(.failure, at: Timestamp(seconds: start) + .milliseconds(500))], continues: false)
        var steps: [EngineStep] = []
        for offset in [100_000_000, Int64(seconds * 1e9)] {
            let text = Array("pump,device=P-1 v=1 \(start * 1_000_000_000 + offset)\n".utf8)
            engine.ingest(
                text.span, from: 0, to: text.count, source: .file(0),
                arrivedAt: Timestamp(seconds: 0)
            ) { steps.append($0) }
        }
        #expect(steps.flatMap(\.commands).count == taken)
    }

    /// A file written before there were events ends without them.
    @Test func anOlderCheckpointIsRead() throws {
        var engine = TelemetryEngine(Self.configuration)
        let text = Array("pump,device=P-1 v=1 1767225600000000000\n".utf8)
        engine.ingest(
            text.span, from: 0, to: text.count, source: .file(0), arrivedAt: Timestamp(seconds: 0)
        ) { _ in }
        engine.flush { _ in }
        // Without the checksum, which is made anew.
        let whole = engine.checkpoint().dropLast(8)
        var backlogs = StateWriter()
        engine.encodeBacklogs(into: &backlogs)
        let content = whole.dropLast(9 + backlogs.bytes.count)
        var first = TelemetryEngine(Self.configuration)
        let withoutBacklogs = EngineCheckpoint.sealed(StateWriter(Array(content)))
        #expect(try first.restore(withoutBacklogs).dropped == [])
        var events = StateWriter()
        engine.maintenance.encode(into: &events)
        var clocks = StateWriter()
        engine.encodeClocks(into: &clocks)
        let beforeClocks = content.dropLast(9 + clocks.bytes.count)
        var second = TelemetryEngine(Self.configuration)
        let withoutClocks = EngineCheckpoint.sealed(StateWriter(Array(beforeClocks)))
        #expect(try second.restore(withoutClocks).dropped == [])
        let older = EngineCheckpoint.sealed(
            StateWriter(Array(beforeClocks.dropLast(9 + events.bytes.count))))
        var again = TelemetryEngine(Self.configuration)
        #expect(try again.restore(older).dropped == [])
        // One of another version is of no use as a whole.
        var other = Array(content)
        other[beforeClocks.count - 9 - events.bytes.count] = 99
        var third = TelemetryEngine(Self.configuration)
        let bytes = EngineCheckpoint.sealed(StateWriter(other))
        #expect(throws: StateFailure.self) { _ = try third.restore(bytes) }
    }

    @Test func moreThanMayWaitAreRefused() {
        var engine = TelemetryEngine(Self.configuration)
        let most = TelemetryEngine.waitingEventsMost
        let many = (0..<most).map { event(.failure, at: Timestamp(nanoseconds: Int64($0) + 1_000)) }
        engine.schedule(many, continues: false)
        engine.apply(
            OperatorCommand(
                id: 7, action: .maintenance(event(.failure, at: Timestamp(nanoseconds: 1))), by: "b"
            ))
        var steps: [EngineStep] = []
        engine.flush { steps.append($0) }
        #expect(steps.flatMap(\.commands).map(\.refusal) == [.tooManyEvents])
        #expect(engine.counters.maintenanceRefused == 1)
    }
}
