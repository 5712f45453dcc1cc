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
