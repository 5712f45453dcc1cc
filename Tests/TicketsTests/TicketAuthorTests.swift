import Primitives
import Testing
import Windows

@testable import Detection
@testable import Prognosis
@testable import Tickets

/// What a ticket says: identifier, date of service, evidence, and the sentence.
@Suite struct TicketAuthorTests {
    static let now = Timestamp(seconds: 1_768_473_000)  // 2026-01-15T10:30:00Z

    private func signal(
        _ index: Int, mean: Double, expected: Double, raw: Double, since: Timestamp? = nil,
        quality: DataQuality = .good, zone: LimitZone = .within
    ) -> SignalAssessment {
        SignalAssessment(
            signal: SignalID(rawValue: Int32(index)), policy: nil, mean: mean, count: 10,
            quality: quality, state: .abnormal, expected: expected, scale: 1, deviation: raw,
            raw: raw, score: 0, fraction: nil, limitDeviation: nil, zone: zone, since: since,
            degradation: 0)
    }

    private static let worn = now - .days(9)

    private var vibration: SignalAssessment {
        signal(0, mean: 3.4149, expected: 1.5211, raw: 9, since: Self.worn)
    }
    private var temperature: SignalAssessment { signal(1, mean: 71.26, expected: .nan, raw: 3) }
    private var calm: SignalAssessment { signal(2, mean: 5, expected: 5, raw: 1.4) }

    private func ticket(
        _ reason: TicketReason = .failureRisk, signals: [SignalAssessment],
        risk: ComponentRisk = Scene.risk(), recoveredAt: Timestamp? = nil,
        advice: ComponentAdvice = ComponentAdvice(component: "bearing", failureMode: "VIB")
    ) -> Ticket {
        let names: [(name: String, unit: String?)] = [
            ("vibration_rms", "mm/s"), ("temperature", ""), ("flow", nil), ("speed", "rpm"),
        ]
        let condition = ComponentCondition(
            component: 0, degradation: 0, raw: 0, current: 0, deviatingSignals: 0, zone: .within,
            evidence: Array(signals.indices))
        var open = OpenTicket(
            id: "0123456789abcdef", severity: .warning, firstSeen: Self.worn, openedAt: Self.now,
            reason: reason)
        open.revision = 3
        open.recoveredAt = recoveredAt
        return TicketAuthor.compose(
            open,
            subject: TicketSubject(
                device: "P-101", deviceClass: "pump", attributes: [], advice: advice,
                signals: Array(names.prefix(signals.count))),
            assessment: DeviceAssessment(
                device: DeviceID(rawValue: 0), start: Self.now - .minutes(1), end: Self.now,
                operating: .running, state: .abnormal, learned: 1, raw: 0, score: 0,
                health: 61.2345, signals: signals, components: [condition]),
            condition: condition, risk: risk)
    }

    @Test func theIdentifierDependsOnEveryPart() {
        func id(_ device: String, _ component: String, _ mode: String, _ time: Int64) -> String {
            TicketAuthor.identifier(
                device: device, component: component, failureMode: mode,
                firstSeen: Timestamp(nanoseconds: time))
        }
        let first = id("P-101", "bearing", "VIB", 5)
        #expect(first == id("P-101", "bearing", "VIB", 5))
        // The same for ever: tickets of earlier versions keep their names.
        #expect(first == "19f58a0ba13bf68d")
        let others = [
            id("P-102", "bearing", "VIB", 5), id("P-101", "seal", "VIB", 5),
            id("P-101", "bearing", "ELP", 5), id("P-101", "bearing", "VIB", 6),
            id("P-101bearing", "", "VIB", 5), id("", "P-101bearing", "VIB", 5),
            id("P-101", "bearingVIB", "", 5), id("P-10", "1bearing", "VIB", 5),
        ]
        #expect(Set(others + [first]).count == others.count + 1)
        for text in others {
            #expect(text.count == 16)
            #expect(text.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        }
    }

    @Test(arguments: [
        // Five days less two of lead time, the hour begun taken off.
        (TimeSpan.days(5), TimeSpan.days(2), "2026-01-18T10:00:00Z"),
        (.hours(50), .days(2), "2026-01-15T12:00:00Z"),
        (.minutes(48 * 60 + 29), .days(2), "2026-01-15T10:30:00Z"),
        (.days(2), .days(2), "2026-01-15T10:30:00Z"),
        (.zero, .days(30), "2026-01-15T10:30:00Z"),
        (.hours(1), .zero, "2026-01-15T11:00:00Z"),
    ])
    func serviceBy(_ p05: TimeSpan, _ lead: TimeSpan, _ expected: String) {
        let risk = Scene.risk(0.5, p05: p05, p50: .days(9))
        #expect(TicketAuthor.serviceBy(Self.now, risk, leadTime: lead)?.rfc3339 == expected)
        let undated = Scene.risk(0.5)
        #expect(TicketAuthor.serviceBy(Self.now, undated, leadTime: lead) == nil)
    }

    @Test func evidence() {
        let broken = signal(3, mean: 1e9, expected: 1, raw: 99, quality: .outOfRange)
        let found = ticket(signals: [vibration, temperature, calm, broken]).evidence
        #expect(
            found == [
                Ticket.Evidence(
                    signal: "vibration_rms", unit: "mm/s", value: 3.415, baseline: 1.521,
                    change: 1.894, contribution: 0.75, since: Self.worn),
                Ticket.Evidence(
                    signal: "temperature", unit: "", value: 71.26, baseline: nil, change: nil,
                    contribution: 0.25, since: nil),
            ])
        // Beyond a limit counts as evidence even without any deviation.
        let limited = signal(0, mean: 9, expected: .nan, raw: 0, zone: .alarm)
        #expect(ticket(signals: [limited]).evidence.map(\.contribution) == [1])
        #expect(ticket(signals: [calm]).evidence == [])
    }

    @Test func contributionsSumToOne() {
        var random = Random(seed: 17)
        for _ in 0..<500 {
            let signals = (0..<(1 + random.below(4))).map {
                signal($0, mean: 1, expected: 0, raw: 1.5 + 40 * random.uniform())
            }
            let shares = ticket(signals: signals).evidence.map(\.contribution)
            #expect(shares.count == signals.count)
            #expect(abs(shares.reduce(0, +) - 1) <= 0.005, "\(shares), seed 17")
            #expect(shares.allSatisfy { (0...1).contains($0) })
        }
    }

    @Test func figures() {
        let life = Scene.risk(
            0.123_456, p05: TimeSpan(nanoseconds: 1_600_000_000), p50: .hours(2), p95: nil)
        let advice = ComponentAdvice(
            component: "bearing", failureMode: "VIB",
            cost: CostModel(failure: 10_000, plannedRepair: 900))
        let told = ticket(signals: [vibration], risk: life, advice: advice)
        #expect(told.health == 61.2)
        #expect(told.risk == 0.1235)
        #expect(told.horizon == .days(14))
        #expect(told.remaining == Ticket.RemainingLifeSeconds(p05: 2, p50: 7_200, p95: nil))
        #expect(told.costOfWaiting == 1_234.56)
        #expect(told.costOfActing == 900)
        #expect(told.component == "bearing" && told.failureMode == "VIB")
        #expect(told.id == "0123456789abcdef" && told.firstSeen == Self.worn)
        let silent = ticket(signals: [vibration], advice: advice)
        #expect(silent.risk == nil && silent.horizon == nil && silent.remaining == nil)
        #expect(silent.costOfWaiting == nil && silent.serviceBy == nil)
    }

    // The sentences.

    private static let values =
        "vibration_rms 3.42 mm/s (normal 1.52) since 2026-01-06, temperature 71.3"

    private func check(
        _ reason: TicketReason, risk: ComponentRisk = Scene.risk(), recovered: Bool = false,
        _ sentence: String, _ location: SourceLocation = #_sourceLocation
    ) {
        let told = ticket(
            reason, signals: [vibration, temperature], risk: risk,
            recoveredAt: recovered ? Self.now : nil)
        #expect(told.sentence == sentence, sourceLocation: location)
    }

    @Test func sentences() {
        let dated = Scene.risk(0.62, p05: .hours(30), p50: .days(9), p95: .days(21))
        let date =
            " At this rate the limit is reached in about 9 days (90 % interval: 30 hours to "
            + "21 days); probability of failure within 14 days: 62 %."
        let undated = " The evidence does not carry a date of failure."
        check(.tripLimit, risk: dated, "Beyond the trip limit: \(Self.values).")
        check(.alarmLimit, risk: dated, "Beyond the alarm limit: \(Self.values).\(date)")
        check(.failureRisk, risk: dated, "Wearing towards its limit: \(Self.values).\(date)")
        check(
            .persistentDeviation, risk: dated, "Far from normal for long: \(Self.values).\(date)")
        check(.alarmLimit, "Beyond the alarm limit: \(Self.values).\(undated)")
        check(.persistentDeviation, "Far from normal for long: \(Self.values).\(undated)")
        for reason in [TicketReason.tripLimit, .alarmLimit, .failureRisk, .persistentDeviation] {
            check(reason, recovered: true, "The condition has cleared: \(Self.values).")
        }
    }

    @Test func dates() {
        func told(_ risk: ComponentRisk) -> Substring {
            let sentence = ticket(.alarmLimit, signals: [vibration], risk: risk).sentence
            return sentence.drop { $0 != "." }.dropFirst(4).drop { $0 != "." }
                .dropFirst(5).drop { $0 != "." }.dropFirst(2)
        }
        #expect(
            told(Scene.risk(0.9, p05: .zero, p50: .minutes(59))) == "The limit is reached.")
        #expect(
            told(Scene.risk(0.98, p05: .hours(1), p50: .minutes(2_850), p95: nil))
                == "At this rate the limit is reached in about 2 days (90 % interval: 1 hour to "
                + "more than a year); probability of failure within 14 days: 98 %.")
        #expect(
            told(Scene.risk(nil, p05: .zero, p50: .minutes(2_849), p95: .hours(48)))
                == "At this rate the limit is reached in about 47 hours (90 % interval: 0 hours "
                + "to 2 days).")
    }

    /// Three signals at most; with none a sentence all the same.
    @Test func aSentenceNamesThree() {
        let four = (0..<4).map { signal($0, mean: Double($0), expected: 0.5, raw: 9) }
        #expect(
            ticket(.tripLimit, signals: four).sentence
                == "Beyond the trip limit: vibration_rms 0 mm/s (normal 0.5), temperature 1 "
                + "(normal 0.5), flow 2 (normal 0.5).")
        #expect(
            ticket(signals: [calm], recoveredAt: Self.now).sentence
                == "The condition has cleared: all signals of the component are near normal.")
    }
}
