import Engine
import Primitives
import Testing

@testable import Store
@testable import Tickets

@Suite struct ReadModelTests {
    private func check(
        _ model: ReadModel, _ filter: ReadModel.TicketFilter, _ expected: [String]
    ) throws {
        let found = try model.tickets(filter).map { "\($0.id) \($0.state) \($0.severity)" }
        #expect(found == expected)
    }

    @Test func ticketsByStateAndSeverity() throws {
        let store = try TestStore()
        let model = try ReadModel(StateDirectory(reading: store.database.directory.path))
        try check(model, .all, [])
        var writer = try store.writer()
        var urgent = Sample.ticket("2222222222222222")
        urgent.component = "seal"
        urgent.severity = .urgent
        var past = Sample.ticket("3333333333333333")
        past.component = "motor"
        let step = Sample.step(
            changes: [
                Sample.change(), Sample.change(of: urgent), Sample.change(of: past),
                Sample.change(
                    .closed, revision: 2, of: past, time: Sample.time + .days(1),
                    reason: .quietPeriodOver),
            ])
        _ = try writer.write(step)
        let open = ["2222222222222222 open urgent", "00c0ffee00c0ffee open warning"]
        try check(model, .open, open)
        try check(model, .all, open + ["3333333333333333 closed warning"])

        let history = try model.ticket("3333333333333333")
        #expect(history?.ticket.device == "P-101")
        #expect(history?.ticket.remainingSeconds == 777_600)
        #expect(history?.ticket.serviceBy == Sample.time + .days(5))
        #expect(history?.changes.map(\.type) == ["opened", "closed"])
        #expect(history?.changes.map(\.reason) == ["failure_risk", "quiet_period_over"])
        #expect(
            history?.changes.map(\.document)
                == step.changes.suffix(2).map(TicketDocument.json))
        #expect(try model.ticket("nobody") == nil)
    }

    @Test func noDatabase() throws {
        let parent = try TemporaryDirectory()
        let failure = #expect(throws: StoreFailure.self) {
            _ = try ReadModel(StateDirectory(reading: parent.path))
        }
        #expect(
            failure?.description
                == "cannot read \(parent.path)/forestall.db: there is no Forestall "
                + "database that can be opened - start `forestall run` or "
                + "`forestall replay --state` first, or give the right directory with --state")
        #expect(failure?.exitCode == 74)
        #expect(!parent.exists("forestall.db"))
    }
}

@Suite struct FleetReadModelTests {
    @Test func oneOfEverything() throws {
        let store = try TestStore()
        let model = try ReadModel(StateDirectory(reading: store.database.directory.path))
        #expect(try model.devices() == [])
        #expect(try model.status().counters == [])
        var writer = try store.writer()
        _ = try writer.write(Sample.step())
        try writer.publish(process: #"{"pid":1}"#)
        let device = ReadModel.DeviceRow(
            name: "P-101", machineClass: "pump", firstSeen: Sample.time, lastWindow: Sample.time,
            health: 62.5, score: 0.75, state: "abnormal", learned: 1, openTickets: 1)
        #expect(try model.devices() == [device])
        #expect(try model.devices(named: "P-101") == [device])
        #expect(try model.devices(named: "P-102") == [])
        #expect(
            try model.signals(of: "P-101") == [
                ReadModel.SignalRow(
                    name: "pump.temperature", unit: nil, lastWindow: Sample.time, mean: nil),
                ReadModel.SignalRow(
                    name: "pump.vibration_rms", unit: "mm/s", lastWindow: Sample.time, mean: 1.5),
            ])
        #expect(try model.signals(of: "P-102") == nil)
        #expect(
            try model.decisions(about: "P-101") == [
                ReadModel.DecisionRow(
                    component: "bearing", time: Sample.time + .minutes(1), reason: "failure_risk")
            ])
        let status = try model.status()
        #expect(status.steps == 1)
        #expect(status.advancedTo == Sample.time + .minutes(2))
        #expect(status.counters.first { $0.name == "lines_accepted" }?.value == 120)
        #expect(status.counters.count == 14)
        #expect(status.process == #"{"pid":1}"#)
        #expect(status.openTickets == 1)
        #expect(status.outboxBacklog == 3)
        #expect(status.devices == [ReadModel.Status.Counter(name: "abnormal", value: 1)])
        #expect(status.databaseBytes > 0)
    }
}
