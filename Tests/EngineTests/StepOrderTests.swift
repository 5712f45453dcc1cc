import Detection
import Engine
import Primitives
import Testing
import Tickets
import Windows

/// What a step holds is in an order that does not depend on discovery.
@Suite struct StepOrderTests {
    func ordered(_ run: EngineRun) {
        for step in run.steps {
            let closed = step.closed.map { ($0.frame.end, run.registry[$0.frame.device].name) }
            #expect(zip(closed, closed.dropFirst()).allSatisfy { $0 <= $1 })
            let changes = step.changes.map {
                ($0.time, $0.ticket.device, $0.ticket.component, $0.revision)
            }
            #expect(zip(changes, changes.dropFirst()).allSatisfy { $0 < $1 })
            let decisions = step.decisions.map {
                ($0.time, run.registry[$0.device].name, $0.component)
            }
            #expect(zip(decisions, decisions.dropFirst()).allSatisfy { $0 < $1 })
            let alerts = step.alerts.map { ($0.time, run.registry[$0.device].name) }
            #expect(zip(alerts, alerts.dropFirst()).allSatisfy { $0 < $1 })
        }
        #expect(run.steps.map(\.sequence) == Array(1...max(run.steps.count, 1)))
    }

    /// Device z has taken the clock far ahead, so that nothing ticks in between.
    @Test func windowsAreOrderedByEndThenDevice() {
        let run = EngineRun()
        run.send(line("z", at: 10_000))
        run.flush()
        for name in ["c", "a", "b"] {
            for time in [10.0, 70, 135] { run.send(line(name, at: time)) }
        }
        run.finish()
        ordered(run)
        #expect(run.steps.map(\.closed.count) == [0, 10])
        #expect(
            run.frames.map { $0.split(separator: " v").first ?? "" } == [
                "a 0...60", "b 0...60", "c 0...60", "a 60...120", "b 60...120", "c 60...120",
                "a 120...180", "b 120...180", "c 120...180", "z 9960...10020",
            ])
        let decisions = run.steps.flatMap(\.decisions).map { run.registry[$0.device].name }
        #expect(decisions.prefix(3) == ["a", "b", "c"])
    }

    @Test func simulatedStepsAreOrdered() {
        let run = EngineRun(.byEvent(classes: [.pump()]))
        let recording = SimulatedRecording.wearing
        for device in recording.devices.reversed() { run.send(recording.only(device).bytes[...]) }
        run.finish()
        #expect(!run.changes.isEmpty && run.steps.flatMap(\.alerts).count > 0)
        ordered(run)
    }

    /// A backlog ticks no clock: 2,048 windows are enough for one step.
    @Test func aStepIsSealedEarlyWhenItIsFull() {
        let run = EngineRun()
        let start = 5_000 * 60.0
        run.send(line("now", at: start))
        for window in 0..<4_999 { run.send(line("backlog", at: Double(window) * 60)) }
        run.finish()
        ordered(run)
        #expect(run.steps.map(\.closed.count) == [2_048, 2_048, 904])
        #expect(run.readingsClosed == 5_000)
    }

    @Test func sequenceContinues() {
        let run = EngineRun(.byEvent(), lastSequence: 41)
        run.send(line("a", at: 5))
        run.flush()
        run.send(line("b", at: 6))
        run.finish()
        #expect(run.steps.map(\.sequence) == [42, 43])
    }

    @Test func nothingToSayIsNoStep() {
        let run = EngineRun()
        run.flush()
        run.finish()
        run.tick(100)
        #expect(run.steps.isEmpty)
        run.send(line("a", at: 5) + line("a", at: 6))
        run.flush()
        run.send(line("a", at: 7))
        run.flush()
        #expect(run.steps.count == 1)
    }

    /// Counters are those at the moment the step was sealed, and never fall.
    @Test func countersGrow() {
        let run = EngineRun()
        for time in 0..<40 { run.send(line("a", at: Double(time) * 30) + "bad\n") }
        run.finish()
        let accepted = run.steps.map(\.counters.linesAccepted)
        #expect(accepted == accepted.sorted() && accepted.last == 40)
        #expect(run.steps.last?.counters == run.counters)
        #expect(run.counters.linesRefused == 40)
        #expect(run.counters.windowsClosed == 20)
        #expect(run.counters.readings == 40)
    }
}
