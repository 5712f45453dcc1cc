import Primitives
import Testing

@testable import Prognosis
@testable import Tickets

/// The stories a ticket can tell, one by one.
@Suite struct TicketMachineTests {
    private typealias Kind = TicketChange.Kind

    /// After `history`, `said` changes this for that reason.
    private func check(
        _ history: [(Said, Int)], _ said: Said, _ kind: Kind?, _ reason: TicketReason,
        _ severity: Severity? = nil, previous: Severity? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) {
        var scene = Scene.after(history)
        let decision = scene.feed(said)
        #expect(decision.kind == kind, sourceLocation: location)
        #expect(decision.reason == reason, sourceLocation: location)
        #expect(decision.previousSeverity == previous, sourceLocation: location)
        #expect(scene.machine.open?.severity == severity, sourceLocation: location)
    }

    /// A history that ends with each reason there is.
    @Test(arguments: TicketReason.allCases)
    func everyReasonIsReached(_ reason: TicketReason) {
        switch reason {
        case .learning: check([], .learning, nil, reason)
        case .notRunning: check([], .off, nil, reason)
        case .withinNormal: check([], .quiet, nil, reason)
        case .awaitingPersistence: check([], .deviationShort, nil, reason)
        case .explainedByOther: check([], .explained, nil, reason)
        case .failureRisk: check([(.riskWarning, 1)], .riskWarning, .opened, reason, .warning)
        case .alarmLimit: check([(.alarm, 2)], .alarm, .opened, reason, .warning)
        case .tripLimit: check([(.trip, 1)], .trip, .opened, reason, .urgent)
        case .persistentDeviation: check([], .deviationLong, .opened, reason, .advice)
        case .severityRose:
            check(
                [(.riskWarning, 2)], .riskUrgent, .escalated, reason, .urgent, previous: .warning)
        case .severityFell:
            check(
                [(.riskUrgent, 2), (.riskAdvice, 24)], .riskAdvice, .deescalated, reason, .advice,
                previous: .urgent)
        case .evidenceChanged:
            check([(.riskNearAlarm, 2), (.alarm, 23)], .riskBelow, .updated, reason, .urgent)
        case .conditionCleared:
            check([(.alarm, 3), (.quiet, 23)], .quiet, .recovered, reason, .warning)
        case .conditionReturned:
            check(
                [(.alarm, 3), (.quiet, 24), (.alarm, 2)], .alarm, .updated, reason, .warning)
        case .quietPeriodOver:
            check([(.alarm, 3), (.quiet, 24 + 167)], .quiet, .closed, reason)
        case .alreadyOpen: check([(.alarm, 3)], .alarm, nil, reason, .warning)
        case .updateTooSoon: check([(.riskWarning, 2)], .riskBelow, nil, reason, .warning)
        case .awaitingRecovery: check([(.alarm, 3)], .quiet, nil, reason, .warning)
        case .shelved: check([(.trip, 1)], .shelved, nil, reason)
        case .inWork: check([(.trip, 1)], .inWork, nil, reason)
        case .retired: check([(.trip, 1)], .retired, nil, reason)
        // Operators' decisions and silence have suites of their own.
        case .recentlyClosed, .acknowledgedByOperator, .plannedByOperator, .closedByOperator,
            .reopenedByOperator, .closedByMaintenance, .noTelemetry, .siteSilent,
            .telemetryReturned, .wrongClock, .sensorMissing, .faultGone, .gaveWay:
            break
        }
    }

    @Test func opening() {
        // Limits need windows in a row; a calm one starts the count over.
        check([(.alarm, 2), (.quiet, 1), (.alarm, 1)], .alarm, nil, .awaitingPersistence)
        check([(.trip, 1), (.quiet, 1)], .trip, nil, .awaitingPersistence)
        check([(.trip, 1), (.alarm, 1)], .trip, .opened, .alarmLimit, .warning)
        // Windows that say nothing do not break a row: a slow signal is absent from most.
        check([(.alarm, 1), (.off, 9), (.alarm, 1)], .alarm, .opened, .alarmLimit, .warning)
        check(
            [(.alarm, 1), (.silent, 4), (.alarm, 1), (.silent, 4)], .alarm, .opened, .alarmLimit,
            .warning)
        // Risk needs two prognoses that agree, and a date.
        check([], .riskWarning, nil, .awaitingPersistence)
        check([(.riskWarning, 1), (.riskBelow, 1)], .riskWarning, nil, .awaitingPersistence)
        check([(.riskAdvice, 1)], .riskUrgent, .opened, .failureRisk, .urgent)
        check([(.riskAdvice, 1)], .riskAdvice, .opened, .failureRisk, .advice)
        check([(.riskUndated, 9)], .riskUndated, nil, .awaitingPersistence)
        check([(.riskWarning, 1), (.off, 30)], .riskWarning, .opened, .failureRisk, .warning)
        // Both at once: the limit names the ticket, the date its severity.
        check([(.riskNearAlarm, 1)], .riskNearAlarm, .opened, .failureRisk, .urgent)
        check([(.alarm, 2)], .riskNearAlarm, .opened, .alarmLimit, .urgent)
        // Limits hold while the normal state is still being learned.
        check([(.learningAlarm, 2)], .learningAlarm, .opened, .alarmLimit, .warning)
        check([(.explained, 99)], .explained, nil, .explainedByOther)
        check([(.explained, 99)], .deviationLong, .opened, .persistentDeviation, .advice)
    }

    /// An old prognosis counts once, however many windows repeat it.
    @Test func onlyNewPrognosesConfirm() {
        var scene = Scene()
        for _ in 0..<50 {
            scene.time = scene.time + Scene.window
            var evidence = scene.evidence(.riskWarning)
            evidence.risk.isNew = false
            let decision = scene.machine.decide(evidence, policy: scene.policy) { _ in "x" }
            #expect(decision.reason == .awaitingPersistence)
        }
        scene.feed(.riskWarning)
        #expect(scene.feed(.riskWarning).kind == .opened)
    }

    /// A block may end while the machine is off: its prognosis counts all the same.
    @Test(arguments: [Said.off, .transient, .silent])
    func aPrognosisOfAQuietWindowConfirms(_ said: Said) {
        var scene = Scene.after([(.riskWarning, 1)])
        scene.time = scene.time + Scene.window
        var evidence = scene.evidence(said)
        evidence.risk = scene.evidence(.riskWarning).risk
        let quiet = scene.machine.decide(evidence, policy: scene.policy) { _ in "x" }
        #expect(quiet.kind == nil)
        scene.time = scene.time + Scene.window
        evidence = scene.evidence(.riskWarning)
        evidence.risk.isNew = false
        let next = scene.machine.decide(evidence, policy: scene.policy) { _ in "x" }
        #expect(next.kind == .opened)
    }

    /// The first window that raised the condition, or the onset of the deviation if earlier.
    @Test func firstSeen() throws {
        let risky = try #require(
            Scene.after([(.quiet, 5), (.uneasy, 4), (.alarm, 3)]).machine.open)
        #expect(risky.firstSeen == Scene.start + .hours(6))
        #expect(risky.openedAt == Scene.start + .hours(12))
        let deviating = try #require(Scene.after([(.quiet, 50), (.deviationLong, 1)]).machine.open)
        #expect(deviating.firstSeen == Scene.start + .hours(51 - 25))
        let after = Scene.after([(.uneasy, 1), (.quiet, 1), (.alarm, 3)]).machine.open
        #expect(after?.firstSeen == Scene.start + .hours(3), "calm in between is a new beginning")
    }

    /// Off, starting and mute machines never recover a ticket, and do not count as running time.
    @Test(arguments: [Said.off, .transient, .silent])
    func silenceNeverRecovers(_ said: Said) {
        check([(.alarm, 3)], said, nil, .alreadyOpen, .warning)
        check([(.alarm, 3), (said, 5_000)], said, nil, .alreadyOpen, .warning)
        check(
            [(.alarm, 3), (.quiet, 23), (said, 500)], .quiet, .recovered, .conditionCleared,
            .warning)
        // Nor is a recovered ticket closed by it.
        check([(.alarm, 3), (.quiet, 24), (said, 500)], said, nil, .alreadyOpen, .warning)
        check([(.alarm, 3), (.quiet, 24), (said, 500)], .quiet, .closed, .quietPeriodOver)
    }

    /// It would open the next one as well.
    @Test func aBacklogClosesNothing() {
        var scene = Scene.after([(.alarm, 3), (.quiet, 25)])
        scene.judgedLate = scene.time + .days(30)
        #expect(scene.feed(.quiet, times: 500).kind == nil)
        #expect(scene.machine.open?.recoveredAt != nil)
        scene.judgedLate = nil
        #expect(scene.feed(.quiet).kind == .closed)
    }

    @Test func recovery() {
        check([(.alarm, 3), (.quiet, 22)], .quiet, nil, .awaitingRecovery, .warning)
        // A condition that comes back in time starts the count over.
        check(
            [(.alarm, 3), (.quiet, 23), (.uneasy, 1), (.quiet, 22)], .quiet, nil, .awaitingRecovery,
            .warning)
        // Said once.
        check([(.alarm, 3), (.quiet, 24)], .quiet, nil, .alreadyOpen, .warning)
        check(
            [(.alarm, 3), (.quiet, 24), (.uneasy, 3), (.quiet, 50)], .quiet, nil, .alreadyOpen,
            .warning)
        // Uneasiness does not close, and does not return.
        check(
            [(.alarm, 3), (.quiet, 24), (.uneasy, 400)], .uneasy, nil, .awaitingPersistence,
            .warning)
        check([(.alarm, 3), (.quiet, 24 + 168)], .quiet, nil, .withinNormal)
        // A learning device proves absence only with readings; its component's are absent of worry.
        check(
            [(.learningAlarm, 3), (.learning, 23)], .learning, .recovered, .conditionCleared,
            .warning)
    }

    /// What returns does so with its present reason, at once with the higher severity, and with a
    /// new count towards a lower one.
    @Test func returning() {
        let calm: [(Said, Int)] = [(.deviationLong, 1), (.quiet, 24)]
        check(calm + [(.trip, 1)], .trip, .updated, .conditionReturned, .urgent, previous: .advice)
        check(calm, .deviationLong, .updated, .conditionReturned, .advice)
        #expect(Scene.after(calm + [(.trip, 2)]).machine.open?.reason == .tripLimit)
        let lowering: [(Said, Int)] = [(.riskUrgent, 2), (.riskAdvice, 5), (.quiet, 30)]
        check(lowering, .riskAdvice, .updated, .conditionReturned, .urgent)
        check(lowering + [(.riskAdvice, 1)], .riskAdvice, nil, .alreadyOpen, .urgent)
    }

    /// A new ticket after a closed one begins at revision 1 with another id and no old counts.
    @Test func theNextTicket() throws {
        var scene = Scene.after([(.alarm, 3)])
        let old = try #require(scene.machine.open)
        scene.feed(.quiet, times: 24 + 168)
        #expect(scene.machine.open == nil)
        #expect(scene.machine.closed?.revision == 3)
        scene.feed(.quiet)
        scene.feed(.alarm, times: 2)
        #expect(scene.machine.open == nil)
        scene.feed(.alarm)
        #expect(scene.machine.closed == nil)
        let new = try #require(scene.machine.open)
        #expect(new.id != old.id)
        #expect(new.revision == 1)
        // The window that closes a ticket also ends a row of alarms.
        check(
            [(.alarm, 3), (.quiet, 24 + 166), (.alarm, 2), (.quiet, 1)], .alarm, nil,
            .awaitingPersistence)
    }

    /// Up at once, down only after a day that would have done with less.
    @Test func severity() {
        check([(.deviationLong, 1)], .trip, nil, .alreadyOpen, .advice)
        check(
            [(.deviationLong, 1), (.trip, 1)], .trip, .escalated, .severityRose, .urgent,
            previous: .advice)
        check([(.riskUrgent, 2), (.riskAdvice, 22)], .riskAdvice, nil, .updateTooSoon, .urgent)
        check(
            [(.riskUrgent, 2), (.riskAdvice, 20), (.riskUrgent, 1), (.riskAdvice, 24)],
            .riskAdvice, .deescalated, .severityFell, .advice, previous: .urgent)
        // Undated evidence that only stays does not lower what was dated.
        check([(.riskUrgent, 2), (.riskUndated, 200)], .riskUndated, nil, .alreadyOpen, .urgent)
    }

    /// At most one update a day, and only for what a planner would want to know.
    @Test func updates() {
        check([(.riskWarning, 60)], .riskWarning, nil, .alreadyOpen, .warning)
        check(
            [(.riskWarning, 2), (.riskBelow, 23)], .riskBelow, .updated, .evidenceChanged, .warning)
        check([(.riskWarning, 2), (.riskBelow, 24)], .riskWarning, nil, .updateTooSoon, .warning)
        check(
            [(.riskWarning, 2), (.riskBelow, 47)], .riskWarning, .updated, .evidenceChanged,
            .warning)
        // A date that appears is material though no probability moved.
        check([(.deviationLong, 24)], .riskAdvice, .updated, .evidenceChanged, .advice)
    }

    /// Half of the remaining life, at least six hours, is material.
    @Test(arguments: [(8.0, nil), (4.6, nil), (3.4, Kind.updated), (10.3, nil), (10.6, .updated)])
    private func materialDates(_ days: Double, _ expected: Kind?) {
        var scene = Scene()
        func tell(_ scene: inout Scene, _ life: TimeSpan) -> TicketMachine.Decision {
            scene.time = scene.time + Scene.window
            var evidence = scene.evidence(.riskWarning)
            evidence.risk = Scene.risk(0.6, p50: life)
            return scene.machine.decide(evidence, policy: scene.policy) { _ in "x" }
        }
        _ = tell(&scene, .days(8))
        #expect(tell(&scene, .days(8)).kind == .opened)
        scene.feed(.off, times: 24)
        // 25 hours later 167 of the 192 are left: 83.5 hours either way are material.
        let decision = tell(&scene, TimeSpan(secondsRounded: days * 86_400))
        #expect(decision.kind == expected)
        #expect(decision.reason == (expected == nil ? .alreadyOpen : .evidenceChanged))
    }
}
