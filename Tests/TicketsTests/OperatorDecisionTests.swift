import Primitives
import Testing

@testable import Prognosis
@testable import Tickets

/// What follows from a decision of a person, one story each.
@Suite struct OperatorDecisionTests {
    private func after(_ history: [(Said, Int)], _ decided: Decided...) -> Scene {
        var scene = Scene.after(history)
        for decision in decided { #expect(scene.take(decision) == nil) }
        return scene
    }

    @Test func aClosedTicketDoesNotOpenAgainWhileItsConditionStands() {
        var scene = after([(.riskWarning, 2)], .close)
        let decision = scene.feed(.riskWarning, times: 100)
        #expect(decision.kind == nil)
        #expect(decision.reason == .recentlyClosed)
        #expect(scene.machine.open == nil)
    }

    @Test func itOpensAgainWhenTheConditionHasWorsened() {
        var scene = after([(.riskWarning, 2)], .close)
        scene.feed(.riskWarning, times: 5)
        scene.feed(.trip)
        #expect(scene.feed(.trip).kind == .opened)
        #expect(scene.machine.open?.severity == .urgent)
    }

    @Test func itOpensAgainWhenTheConditionHasClearedAndCome() {
        var scene = after([(.riskWarning, 2)], .close)
        scene.feed(.quiet, times: 24)
        scene.feed(.riskWarning)
        #expect(scene.feed(.riskWarning).kind == .opened)
    }

    @Test func aMomentOfQuietIsNotEnough() {
        var scene = after([(.riskWarning, 2)], .close)
        scene.feed(.quiet, times: 23)
        scene.feed(.riskWarning, times: 3)
        #expect(scene.machine.open == nil)
    }

    @Test func itOpensAgainWhenTheConditionOutlastsTheQuietPeriod() {
        var scene = after([(.riskWarning, 2)], .close)
        scene.feed(.riskWarning, times: 167)
        #expect(scene.machine.open == nil)
        #expect(scene.feed(.riskWarning).kind == .opened)
    }

    @Test func aReopenedTicketGoesOnAsItself() {
        var scene = after([(.riskWarning, 2)], .close)
        let closed = scene.machine.closed
        scene.feed(.riskWarning, times: 3)
        #expect(scene.take(.reopen) == nil)
        #expect(scene.machine.open?.id == closed?.id)
        #expect(scene.feed(.riskUrgent).kind == .escalated)
    }

    @Test func acknowledgingDoesNotHoldBackAnEscalation() {
        var scene = after([(.riskWarning, 2)], .acknowledge)
        #expect(scene.feed(.riskUrgent).kind == .escalated)
        #expect(scene.machine.open?.handling == .acknowledged)
    }

    @Test func planningAgainIsANewPromise() {
        let scene = after([(.riskWarning, 2)], .acknowledge, .plan, .plan)
        #expect(scene.machine.open?.revision == 4)
    }

    /// What happens while a person is at the machine neither opens nor recovers.
    @Test func shelvedWindowsProveNothing() {
        var scene = Scene.after([(.trip, 1)])
        scene.feed(.shelved, times: 10)
        #expect(scene.machine.open == nil)
        #expect(scene.feed(.trip).kind == nil, "what was counted before is forgotten")
        #expect(scene.feed(.trip).kind == .opened)
        scene.feed(.shelved, times: 400)
        #expect(scene.machine.open?.recoveredAt == nil)
    }

    /// Closed like by a person: what stands must clear, worsen or last before it counts as new.
    @Test func aReplacementClosesWhatIsOpen() {
        var scene = Scene.after([(.alarm, 3)])
        let opened = scene.machine.open?.openedAt ?? .distantPast
        let before = scene.machine
        // An event from before the ticket is not about it.
        #expect(scene.machine.close(at: opened - .hours(1), because: .closedByMaintenance) == nil)
        #expect(scene.machine == before)
        let decision = scene.machine.close(at: scene.time, because: .closedByMaintenance)
        #expect(decision?.kind == .closed)
        #expect(decision?.reason == .closedByMaintenance)
        #expect(scene.machine.open == nil)
        #expect(scene.machine.closed?.revision == 2)
        #expect(scene.machine.close(at: scene.time, because: .closedByMaintenance) == nil)
        #expect(scene.feed(.alarm, times: 9).reason == .recentlyClosed)
        scene.feed(.quiet, times: 24)
        #expect(scene.feed(.alarm, times: 3).kind == .opened)
    }

    /// What was counted before a new life is not counted towards its first ticket.
    @Test func aNewLifeStartsTheCountOver() {
        for history in [(Said.alarm, 2), (.trip, 1), (.riskWarning, 1)] {
            var scene = Scene.after([history])
            scene.machine.startOver()
            #expect(scene.feed(history.0).kind == nil)
        }
    }

    /// A tick may be later than the end of the window that is judged next.
    @Test func timeOfChangesNeverRunsBackwards() {
        var scene = Scene.after([(.riskWarning, 2)])
        let id = scene.machine.open?.id ?? ""
        let later = scene.time + .hours(10)
        _ = try? scene.machine.apply(.acknowledge(ticket: id), toTicket: id, at: later)
        #expect(scene.feed(.riskUrgent).kind == .escalated)
        #expect(scene.machine.open?.lastChange == later)
    }

    @Test func otherTicketsAreNotTouched() {
        var scene = Scene.after([(.riskWarning, 2)])
        #expect(throws: CommandRefusal.noSuchTicket) {
            _ = try scene.machine.apply(.acknowledge(ticket: "x"), toTicket: "x", at: scene.time)
        }
    }
}
