import Primitives
import Testing

@testable import Detection
@testable import Prognosis
@testable import Tickets

/// Every state with every evidence, three deep, and long random histories: the invariants hold
/// after each step.
@Suite struct TicketMachineExhaustiveTests {
    /// One history into every state a machine can be in.
    static let states: [(name: String, history: [(Said, Int)])] = [
        ("fresh", []),
        ("learning", [(.learning, 1)]),
        ("off", [(.quiet, 1), (.off, 1)]),
        ("pending by risk", [(.riskWarning, 1)]),
        ("pending by deviation", [(.deviationShort, 1)]),
        ("pending by alarm", [(.alarm, 2)]),
        ("pending by trip", [(.trip, 1)]),
        ("explained", [(.explained, 1)]),
        ("advice", [(.deviationLong, 1)]),
        ("warning", [(.riskWarning, 2)]),
        ("urgent", [(.trip, 2)]),
        ("warning for long", [(.riskWarning, 40)]),
        ("lowering", [(.riskUrgent, 2), (.riskAdvice, 23)]),
        ("almost recovered", [(.riskWarning, 2), (.quiet, 23)]),
        ("recovered advice", [(.deviationLong, 1), (.quiet, 24)]),
        ("recovered warning", [(.riskWarning, 2), (.quiet, 24)]),
        ("recovered urgent", [(.trip, 2), (.quiet, 24)]),
        ("lowered, then recovered", [(.riskUrgent, 2), (.riskAdvice, 5), (.quiet, 30)]),
        ("almost closed", [(.riskWarning, 2), (.quiet, 24 + 167)]),
        ("uneasy for long", [(.riskWarning, 2), (.quiet, 24), (.uneasy, 170)]),
        ("closed", [(.riskWarning, 2), (.quiet, 24 + 168)]),
        ("returned", [(.riskWarning, 2), (.quiet, 24), (.alarm, 3)]),
    ]

    /// Feeds one window and checks the invariants; returns the decision.
    private func check(
        _ scene: inout Scene, _ said: Said, _ context: @autoclosure () -> String,
        _ location: SourceLocation = #_sourceLocation
    ) -> TicketMachine.Decision {
        let before = scene.machine
        let decision = scene.feed(said)
        let violation = TicketInvariants.violation(
            before: before, after: scene.machine, said: said, evidence: scene.evidence(said),
            decision: decision, policy: scene.policy)
        if let violation {
            Issue.record("\(violation): \(said) after \(context())", sourceLocation: location)
        }
        return decision
    }

    /// Every decision in every state is taken or refused as it should be, and what follows holds
    /// the invariants as well.
    @Test(arguments: states.indices, Decided.allCases)
    func decisionsInEveryState(_ index: Int, _ decided: Decided) {
        let state = Self.states[index]
        var scene = Scene.after(state.history)
        checkDecision(&scene, decided, state.name)
        for said in Said.allCases {
            var next = scene
            for hour in 0..<30 { _ = check(&next, said, "\(state.name), \(decided), \(hour)") }
        }
    }

    private func checkDecision(
        _ scene: inout Scene, _ decided: Decided, _ context: String,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let before = scene.machine
        let refusal = scene.take(decided)
        let after = scene.machine
        let expected: CommandRefusal? =
            switch (before.open, before.closed, decided) {
            case (let open?, _, .acknowledge):
                open.handling == .untouched ? nil : .alreadyAcknowledged
            case (_?, _, .plan), (_?, _, .close): nil
            case (_?, _, .reopen): .alreadyOpen
            case (nil, _?, .reopen): nil
            case (nil, _?, _): .alreadyClosed
            case (nil, nil, _): .noSuchTicket
            }
        #expect(refusal == expected, "\(decided): \(context)", sourceLocation: location)
        if refusal != nil {
            #expect(after == before, "refused, yet changed: \(context)", sourceLocation: location)
            return
        }
        let old = before.open ?? before.closed
        let new = after.open ?? after.closed
        #expect(new?.revision == (old?.revision ?? 0) + 1, "\(context)", sourceLocation: location)
        #expect(new?.id == old?.id, "\(context)", sourceLocation: location)
        #expect((after.open == nil) == (decided == .close), "\(context)", sourceLocation: location)
    }

    @Test(arguments: states.indices)
    func threeDeep(_ index: Int) {
        let state = Self.states[index]
        var scene = Scene()
        for (said, count) in state.history {
            for _ in 0..<count { _ = check(&scene, said, "\(state)") }
        }
        for first in Said.allCases {
            var one = scene
            _ = check(&one, first, state.name)
            for second in Said.allCases {
                var two = one
                _ = check(&two, second, "\(state.name), \(first)")
                for third in Said.allCases {
                    var three = two
                    _ = check(&three, third, "\(state.name), \(first), \(second)")
                }
            }
        }
    }

    /// The same evidence held for eleven days after every state: as much as time can do.
    @Test(arguments: Said.allCases)
    func heldForLong(_ said: Said) {
        for state in Self.states {
            var scene = Scene.after(state.history)
            for hour in 0..<264 { _ = check(&scene, said, "\(state.name), hour \(hour)") }
        }
    }

    /// What is held for a while at random, 20,000 windows for each kind of policy.
    @Test(arguments: [UInt64(1), 2, 3], [false, true])
    func randomHistories(_ seed: UInt64, _ isGeneric: Bool) {
        var random = Random(seed: seed)
        var scene = Scene()
        scene.policy = TicketPolicy(
            settings: TicketPolicySettings(), advice: Scene.advice, isGeneric: isGeneric)
        var kinds: Set<TicketChange.Kind> = []
        var reasons: Set<TicketReason> = []
        var said = Said.quiet
        var left = 0
        var absent = 0
        for step in 0..<20_000 {
            if left == 0 {
                let isQuiet = random.uniform() < 0.3
                said = isQuiet ? .quiet : Said.allCases[random.below(Said.allCases.count)]
                // Without a ticket most evidence opens one: what opens none would be rare.
                if scene.machine.open == nil, random.uniform() < 0.2 { said = .explained }
                left = 1 + random.below(random.uniform() < 0.2 ? 220 : 30)
            }
            left -= 1
            if random.uniform() < 0.01 {
                let wasOpen = scene.machine.open != nil
                checkDecision(
                    &scene, Decided.allCases[random.below(4)], "step \(step), seed \(seed)")
                // A reopened ticket begins to recover anew.
                if !wasOpen, scene.machine.open != nil { absent = 0 }
            }
            if !said.saysNothing {
                let evidence = scene.evidence(said)
                let isPresent =
                    evidence.condition.zone > .within || evidence.condition.raw >= 3
                    || (evidence.risk.probability ?? 0) >= 0.15
                absent = isPresent ? 0 : absent + 1
            }
            let decision = check(&scene, said, "step \(step), seed \(seed)")
            reasons.insert(decision.reason)
            guard let kind = decision.kind else { continue }
            kinds.insert(kind)
            if kind == .opened { absent = 0 }
            if kind == .recovered {
                #expect(absent == 24, "recovered after \(absent) h, step \(step), seed \(seed)")
            }
        }
        #expect(kinds.count == 6, "\(kinds)")
        let elsewhere: Set<TicketReason> = [
            .noTelemetry, .siteSilent, .telemetryReturned, .acknowledgedByOperator,
            .plannedByOperator, .closedByOperator, .reopenedByOperator,
            .closedByMaintenance, .wrongClock, .sensorMissing, .faultGone, .gaveWay,
        ]
        let missing = TicketReason.allCases.filter {
            !reasons.contains($0) && !elsewhere.contains($0)
        }
        #expect(missing == [], "seed \(seed)")
    }
}
