import Primitives
import Testing
import Tickets
import Windows

@testable import Engine

/// Operators' decisions as input of the engine.
@Suite struct CommandTests {
    /// Two devices at two sites, one of which has gone silent: a ticket to decide about.
    private func silent() throws -> (site: Site, ticket: String) {
        let site = Site()
        site.sites = ["P-1": "a", "P-2": "b"]
        site.pass(minutes: 200, speaking: ["P-1", "P-2"])
        site.pass(minutes: 130, speaking: ["P-2"])
        return (site, try #require(site.changes.first?.ticket.id))
    }

    @Test func decisionsWaitForTheNextTickAndAreTakenInOrder() throws {
        let (site, ticket) = try silent()
        site.give(8, .close(ticket: ticket, outcome: .confirmed, part: "FUSE-2A"), note: "fuse")
        site.give(7, .acknowledge(ticket: ticket))
        #expect(site.commands == [])
        site.pass(minutes: 1, speaking: ["P-2"])
        #expect(site.commands.map(\.command.id) == [7, 8])
        #expect(site.commands.allSatisfy { $0.refusal == nil })
        let made = site.changes.suffix(2)
        #expect(made.map(\.kind) == [.acknowledged, .closed])
        #expect(made.map(\.revision) == [2, 3])
        let note = try #require(made.last?.operatorNote)
        #expect(note.by == "anna" && note.outcome == .confirmed)
        #expect(note.part == "FUSE-2A" && note.note == "fuse")
    }

    /// A step says which decisions it took, and begins with them.
    @Test func decisionsBeginAStepOfTheirOwn() throws {
        let (site, ticket) = try silent()
        site.send("P-2")
        site.give(1, .acknowledge(ticket: ticket))
        site.pass(minutes: 1, speaking: ["P-2"])
        let taking = site.steps.filter { !$0.commands.isEmpty }
        #expect(taking.count == 1)
        #expect(taking[0].changes.first?.time == taking[0].advancedTo)
    }

    @Test func refusedDecisionsChangeNothingAndSayWhy() throws {
        let (site, ticket) = try silent()
        let before = site.changes.count
        let decisions: [(OperatorCommand.Action, CommandRefusal)] = [
            (.acknowledge(ticket: "ffff"), .noSuchTicket), (.reopen(ticket: ticket), .alreadyOpen),
            (.shelve(device: "nobody", duration: .hours(1)), .noSuchDevice),
            (.unshelve(device: "nobody"), .noSuchDevice), (.unshelve(device: "P-1"), .notShelved),
        ]
        for (index, decision) in decisions.enumerated() { site.give(Int64(index), decision.0) }
        site.pass(minutes: 1, speaking: ["P-2"])
        #expect(site.commands.map(\.refusal) == decisions.map(\.1))
        #expect(site.changes.count == before)
    }

    @Test func aClosedSilenceIsNotRaisedAgainUntilTheDeviceHasSpoken() throws {
        let (site, ticket) = try silent()
        site.give(1, .close(ticket: ticket, outcome: .customerDeclined, part: nil))
        site.pass(minutes: 2_000, speaking: ["P-2"])
        #expect(site.changes.map(\.kind) == [.opened, .closed])
        site.pass(minutes: 10, speaking: ["P-1", "P-2"])
        site.pass(minutes: 3_000, speaking: ["P-2"])
        #expect(site.changes.map(\.kind) == [.opened, .closed, .opened])
        #expect(Set(site.changes.map(\.ticket.id)).count == 2)
    }

    @Test func shelvedDevicesAreNotMissed() throws {
        let site = Site()
        site.sites = ["P-1": "a", "P-2": "b"]
        site.pass(minutes: 200, speaking: ["P-1", "P-2"])
        site.give(1, .shelve(device: "P-1", duration: .hours(10)), note: "overhaul")
        site.pass(minutes: 600, speaking: ["P-2"])
        #expect(site.story == [])
        // Counted from the end of the shelf.
        site.pass(minutes: 125, speaking: ["P-2"])
        #expect(site.story == ["opened silent P-1 at 920"])
    }

    @Test func unshelvingEndsIt() {
        let site = Site()
        site.sites = ["P-1": "a", "P-2": "b"]
        site.pass(minutes: 200, speaking: ["P-1", "P-2"])
        site.give(1, .shelve(device: "P-1", duration: .days(10)))
        site.pass(minutes: 60, speaking: ["P-2"])
        site.give(2, .unshelve(device: "P-1"))
        site.pass(minutes: 130, speaking: ["P-2"])
        #expect(site.story == ["opened silent P-1 at 380"])
    }

    /// A crash without checkpoint: decisions are folded again and give the committed changes.
    @Test func decisionsAreFoldedAgainAfterARestart() throws {
        let (site, ticket) = try silent()
        site.give(1, .acknowledge(ticket: ticket))
        site.pass(minutes: 2, speaking: ["P-2"])
        site.give(2, .plan(ticket: ticket, at: Timestamp(seconds: Site.start + 900_000)))
        site.pass(minutes: 2, speaking: ["P-2"])
        site.give(3, .shelve(device: "P-2", duration: .hours(5)))
        site.pass(minutes: 2, speaking: ["P-2"])
        let again = site.refold()
        #expect(again.map(\.id) == site.changes.filter { $0.operatorNote != nil }.map(\.id))
        #expect(again.map(\.operatorNote) == site.changes.suffix(2).map(\.operatorNote))
        site.give(4, .acknowledge(ticket: ticket))
        site.give(5, .unshelve(device: "P-2"))
        site.pass(minutes: 2, speaking: ["P-2"])
        #expect(site.commands.suffix(2).map(\.refusal) == [.alreadyAcknowledged, nil])
    }

    @Test func decisionsSurviveACheckpoint() throws {
        let (site, ticket) = try silent()
        site.give(1, .acknowledge(ticket: ticket))
        site.give(2, .shelve(device: "P-2", duration: .hours(5)))
        site.pass(minutes: 2, speaking: ["P-2"])
        try site.restart()
        site.give(3, .acknowledge(ticket: ticket))
        site.give(4, .unshelve(device: "P-2"))
        site.pass(minutes: 2, speaking: ["P-2"])
        #expect(site.commands.suffix(2).map(\.refusal) == [.alreadyAcknowledged, nil])
    }
}

/// Decisions about a ticket that is about wear.
@Suite struct WearCommandTests {
    private static let configuration = EngineConfiguration.byEvent(classes: [.pump()])

    /// The wearing recording, with `act` called once when its ticket has opened; all steps.
    private func run(
        restartsAt cut: Bool = false, _ act: (inout TelemetryEngine, String) -> Void
    ) throws -> (steps: [EngineStep], registry: Registry) {
        var engine = TelemetryEngine(Self.configuration)
        var steps: [EngineStep] = []
        var acted = false
        let lines = SimulatedRecording.wearing.lines
        for chunk in stride(from: 0, to: lines.count, by: 50) {
            let bytes = lines[chunk..<min(chunk + 50, lines.count)].flatMap(\.bytes)
            engine.ingest(
                bytes.span, from: 0, to: bytes.count, source: .file(0),
                arrivedAt: Timestamp(seconds: 0)
            ) { steps.append($0) }
            guard !acted, let opened = steps.flatMap(\.changes).first(where: { $0.kind == .opened })
            else { continue }
            acted = true
            act(&engine, opened.ticket.id)
            if cut {
                engine.flush { steps.append($0) }
                let bytes = engine.checkpoint()
                engine = TelemetryEngine(Self.configuration)
                _ = try engine.restore(bytes)
            }
        }
        engine.finish { steps.append($0) }
        return (steps, engine.registry)
    }

    private func command(_ id: Int64, _ action: OperatorCommand.Action) -> OperatorCommand {
        OperatorCommand(id: id, action: action, by: "anna")
    }

    @Test func aClosedTicketComesBackOnlyWhenItIsWorse() throws {
        let (steps, _) = try run { engine, id in
            engine.apply(command(1, .close(ticket: id, outcome: .noFaultFound, part: nil)))
        }
        let changes = steps.flatMap(\.changes)
        let closed = try #require(changes.firstIndex { $0.kind == .closed })
        #expect(changes[closed].operatorNote?.outcome == .noFaultFound)
        if let again = changes[(closed + 1)...].first(where: { $0.kind == .opened }) {
            let quiet = again.time - changes[closed].time
            #expect(again.ticket.severity > changes[closed].ticket.severity || quiet >= .days(7))
        }
    }

    /// Stop and start between a decision and what follows; the evidence of the ticket survives.
    @Test(arguments: [false, true])
    func anAcknowledgedTicketGoesOnTheSame(_ restarts: Bool) throws {
        let (steps, registry) = try run(restartsAt: restarts) { engine, id in
            engine.apply(command(1, .acknowledge(ticket: id)))
        }
        let changes = steps.flatMap(\.changes)
        let taken = try #require(changes.first { $0.kind == .acknowledged })
        #expect(!taken.ticket.evidence.isEmpty)
        #expect(!taken.ticket.advice.component.isEmpty)
        // Everything after it is the same with and without the restart.
        let (plain, _) = try run { engine, id in
            engine.apply(command(1, .acknowledge(ticket: id)))
        }
        #expect(changes.map(\.id) == plain.flatMap(\.changes).map(\.id))
        // And folding the committed steps gives the committed changes.
        var second = TelemetryEngine(Self.configuration)
        let again = steps.flatMap { second.refold(registry.recorded($0)) }
        #expect(again == changes)
    }

    /// A ticket whose checkpoint was taken after a change is closed with what it said.
    @Test func aTicketClosedAfterARestartSaysWhatItSaid() throws {
        var ticket: String?
        let (steps, _) = try run(restartsAt: true) { _, id in ticket = id }
        _ = steps
        var engine = TelemetryEngine(Self.configuration)
        var found: [EngineStep] = []
        let lines = SimulatedRecording.wearing.lines
        let bytes = lines.flatMap(\.bytes)
        engine.ingest(
            bytes.span, from: 0, to: bytes.count, source: .file(0),
            arrivedAt: Timestamp(seconds: 0)
        ) { found.append($0) }
        engine.finish { found.append($0) }
        let checkpoint = engine.checkpoint()
        var second = TelemetryEngine(Self.configuration)
        _ = try second.restore(checkpoint)
        let id = try #require(ticket)
        var closing: [EngineStep] = []
        second.apply(command(1, .close(ticket: id, outcome: .prevented, part: nil)))
        second.flush { closing.append($0) }
        let change = try #require(closing.flatMap(\.changes).first)
        let last = try #require(found.flatMap(\.changes).last { $0.ticket.id == id })
        #expect(change.ticket == last.ticket)
        #expect(change.revision == last.revision + 1)
    }

    @Test func nothingIsOpenedOnAShelvedDevice() throws {
        var engine = TelemetryEngine(Self.configuration)
        var steps: [EngineStep] = []
        let lines = SimulatedRecording.wearing.lines
        for (index, chunk) in stride(from: 0, to: lines.count, by: 500).enumerated() {
            let bytes = lines[chunk..<min(chunk + 500, lines.count)].flatMap(\.bytes)
            engine.ingest(
                bytes.span, from: 0, to: bytes.count, source: .file(0),
                arrivedAt: Timestamp(seconds: 0)
            ) { steps.append($0) }
            guard index == 1 else { continue }
            for (place, device) in engine.registry.devices.map(\.name).enumerated() {
                engine.apply(
                    command(Int64(place), .shelve(device: device, duration: .days(1_000))))
            }
        }
        engine.finish { steps.append($0) }
        #expect(steps.flatMap(\.changes) == [])
        #expect(steps.flatMap(\.alerts) == [])
        #expect(steps.flatMap(\.decisions).contains { $0.reason == .shelved })
    }
}
