import Primitives
import Testing

@testable import Detection
@testable import Prognosis
@testable import Tickets

/// No ticket recovers or closes for want of evidence.
@Suite struct UnbelievedTests {
    /// What a broken sensor said last stands while it is not believed.
    @Test func aTicketStaysWhileItsSignalIsNotBelieved() {
        var scene = Scene()
        scene.feed(.alarm, times: 3)
        #expect(scene.machine.open != nil)
        for hour in 1...500 {
            scene.time = scene.time + Scene.window
            // The component's other signals are quiet and believed.
            var evidence = scene.evidence(.quiet)
            evidence.condition.heldZone = .alarm
            let decision = scene.machine.decide(evidence, policy: scene.policy) { _ in "" }
            #expect(decision.kind == nil, "hour \(hour)")
        }
        #expect(scene.machine.open?.recoveredAt == nil)
        // Nor does it open a ticket by itself.
        var other = Scene()
        for _ in 0..<100 {
            other.time = other.time + Scene.window
            var evidence = other.evidence(.quiet)
            evidence.condition.heldZone = .trip
            _ = other.machine.decide(evidence, policy: other.policy) { _ in "" }
        }
        #expect(other.machine.open == nil)
        let recovered = scene.feed(.quiet, times: 24)
        #expect(recovered.kind == .recovered)
    }

    /// A recovered ticket closes after a week in which its device could be heard.
    @Test func silenceIsNoQuiet() {
        var scene = Scene()
        scene.feed(.alarm, times: 3)
        #expect(scene.feed(.quiet, times: 24).kind == .recovered)
        scene.feed(.quiet, times: 100)
        scene.time = scene.time + .days(30)
        var evidence = scene.evidence(.quiet)
        evidence.pause = .days(30)
        #expect(scene.machine.decide(evidence, policy: scene.policy) { _ in "" }.kind == nil)
        #expect(scene.feed(.quiet, times: 67).kind == nil)
        #expect(scene.feed(.quiet).kind == .closed)
    }

    /// A lower severity must have been enough for a day in which the device could be heard.
    @Test func silenceLowersNothing() {
        var scene = Scene()
        scene.feed(.riskUrgent, times: 2)
        scene.feed(.riskAdvice, times: 20)
        scene.time = scene.time + .days(30)
        var evidence = scene.evidence(.riskAdvice)
        evidence.pause = .days(30)
        _ = scene.machine.decide(evidence, policy: scene.policy) { _ in "" }
        #expect(scene.machine.open?.severity == .urgent)
        scene.feed(.riskAdvice, times: 10)
        #expect(scene.machine.open?.severity == .advice)
    }

    /// What a person has closed is not forgotten by waiting in silence.
    @Test func silenceArmsNothing() {
        var scene = Scene()
        scene.feed(.alarm, times: 3)
        #expect(scene.take(.close) == nil)
        scene.feed(.alarm, times: 100)
        scene.time = scene.time + .days(30)
        var evidence = scene.evidence(.alarm)
        evidence.pause = .days(30)
        let decision = scene.machine.decide(evidence, policy: scene.policy) { _ in "" }
        #expect(decision.reason == .recentlyClosed)
    }
}
