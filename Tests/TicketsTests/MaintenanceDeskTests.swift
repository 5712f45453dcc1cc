import Primitives
import Testing

@testable import Tickets
@testable import Windows

/// Which windows are judged, and where lives begin.
@Suite struct MaintenanceDeskTests {
    private static let device = DeviceID(rawValue: 0)
    private static let components = ["bearing", "seal"]

    private func hours(_ count: Int64) -> Timestamp { Timestamp(seconds: 0) + .hours(count) }

    private func event(
        _ kind: MaintenanceEvent.Kind, at hour: Int64, _ component: String = ""
    ) -> MaintenanceEvent {
        MaintenanceEvent(time: hours(hour), device: "P-1", component: component, kind: kind)
    }

    /// A desk that knows the device since hour 0.
    private func desk(_ components: [String] = components) -> MaintenanceDesk {
        var desk = MaintenanceDesk()
        desk.addDevice(named: "P-1", components: components, firstSeen: hours(0))
        return desk
    }

    /// The window of an hour that begins at `hour`.
    private func pass(_ desk: inout MaintenanceDesk, _ hour: Int64) -> MaintenanceDesk.Passage {
        desk.pass(
            WindowFrame(
                device: Self.device, start: hours(hour), end: hours(hour + 1), summaries: []))
    }

    @discardableResult private func take(
        _ desk: inout MaintenanceDesk, _ events: MaintenanceEvent...
    ) throws -> [MaintenanceDesk.Effect] {
        try events.map { try desk.take($0, of: Self.device) }
    }

    /// Hours whose windows are in work, of ten.
    private func inWork(_ desk: MaintenanceDesk) -> [Int64] {
        var desk = desk
        return (0..<10).filter { pass(&desk, $0).isInWork }
    }

    @Test(arguments: [MaintenanceEvent.Kind.repair, .replacement, .commissioned])
    func aFailureLastsUntilSomebodyHasSeenToIt(_ end: MaintenanceEvent.Kind) throws {
        var desk = desk()
        try take(&desk, event(.failure, at: 3, "bearing"))
        #expect(inWork(desk) == [3, 4, 5, 6, 7, 8, 9])
        #expect(!desk.isMissed(Self.device))
        // Filed under another component, it ends all the same.
        try take(&desk, event(end, at: 6, "seal"))
        #expect(inWork(desk) == [3, 4, 5])
        #expect(desk.isMissed(Self.device))
        #expect(desk.quietUntil(Self.device) == hours(6))
    }

    @Test func anInspectionIsOnlyRecorded() throws {
        var desk = desk()
        let fresh = desk
        #expect(try take(&desk, event(.inspection, at: 3)) == [MaintenanceDesk.Effect()])
        #expect(inWork(desk) == inWork(fresh))
        try take(&desk, event(.failure, at: 1), event(.inspection, at: 3))
        #expect(inWork(desk).count == 9)
    }

    @Test func aRetiredDeviceIsNotJudgedUntilItIsCommissioned() throws {
        var desk = desk()
        let effects = try take(&desk, event(.retired, at: 3), event(.repair, at: 4))
        #expect(effects.map(\.retires) == [true, false])
        #expect(!desk.isMissed(Self.device))
        #expect(
            (0..<6).map { pass(&desk, $0).isRetired } == [false, false, false, true, true, true])
        try take(&desk, event(.commissioned, at: 7))
        #expect(desk.isMissed(Self.device))
        #expect((6..<9).map { pass(&desk, $0).isRetired } == [true, false, false])
    }

    /// The window in which a life begins is partly of the one before.
    @Test func aLifeBeginsWithTheFirstWholeWindow() throws {
        var desk = desk()
        var half = event(.replacement, at: 3, "seal")
        half.time = half.time + .minutes(30)
        #expect(try take(&desk, half).map(\.restarted) == [[1]])
        var passages = (0..<6).map { pass(&desk, $0) }
        #expect(passages.map(\.isInWork) == [false, false, false, true, false, false])
        #expect(passages.map(\.restarted) == [[], [], [], [1], [], []])
        // On the boundary it belongs to the later one.
        try take(&desk, event(.replacement, at: 8, "bearing"))
        passages = (6..<10).map { pass(&desk, $0) }
        #expect(passages.map(\.isInWork) == [false, false, false, false])
        #expect(passages.map(\.restarted) == [[], [], [0], []])
    }

    @Test(
        arguments: [
            (["bearing", "seal"], "", [0, 1]), (["bearing", "seal"], "seal", [1]),
            (["bearing", "seal"], "motor", []), (["machine"], "motor", [0]),
        ] as [([String], String, [Int])])
    func componentsAreThoseOfTheClass(
        _ components: [String], _ word: String, _ restarted: [Int]
    ) throws {
        var desk = desk(components)
        #expect(try take(&desk, event(.repair, at: 1, word)).map(\.restarted) == [restarted])
        #expect(pass(&desk, 1).restarted == restarted)
    }

    @Test func takingAnEventTwiceChangesNothing() throws {
        let events = [
            event(.failure, at: 1), event(.repair, at: 2, "bearing"), event(.retired, at: 4),
            event(.commissioned, at: 5), event(.replacement, at: 7, "seal"),
        ]
        var once = desk()
        for event in events { _ = try once.take(event, of: Self.device) }
        var twice = once
        for event in events {
            #expect(try twice.take(event, of: Self.device) == MaintenanceDesk.Effect())
        }
        for hour in 0..<10 { #expect(pass(&once, Int64(hour)) == pass(&twice, Int64(hour))) }
        // And once more behind the windows.
        for event in events {
            #expect(try twice.take(event, of: Self.device) == MaintenanceDesk.Effect())
        }
        #expect(pass(&twice, 10) == MaintenanceDesk.Passage())
    }

    /// An event that is told late undoes nothing that a later one has decided.
    @Test func theOrderOfTellingDoesNotMatter() throws {
        let events = [
            event(.failure, at: 1), event(.repair, at: 2), event(.failure, at: 4, "seal"),
            event(.replacement, at: 6, "seal"), event(.retired, at: 8),
        ]
        var ordered = desk()
        for event in events { _ = try ordered.take(event, of: Self.device) }
        for first in events.indices {
            var told = desk()
            _ = try told.take(events[first], of: Self.device)
            for index in events.indices where index != first {
                _ = try told.take(events[index], of: Self.device)
            }
            #expect(told.isMissed(Self.device) == ordered.isMissed(Self.device))
            #expect(told.quietUntil(Self.device) == ordered.quietUntil(Self.device))
        }
    }

    /// What was done before the device was seen says nothing about what was learned since.
    @Test func eventsWaitForTheirDevice() throws {
        var desk = MaintenanceDesk()
        let early: [MaintenanceEvent] = [
            event(.replacement, at: -5, "bearing"), event(.failure, at: -2),
            event(.replacement, at: 4, "seal"),
        ]
        for event in early { _ = try desk.take(event, of: nil) }
        for event in early { _ = try desk.take(event, of: nil) }
        desk.addDevice(named: "P-0", components: ["machine"], firstSeen: hours(0))
        desk.addDevice(named: "P-1", components: Self.components, firstSeen: hours(0))
        #expect(desk.isMissed(DeviceID(rawValue: 0)))
        #expect(desk.isMissed(DeviceID(rawValue: 1)))
        let passages = (0..<6).map { hour in
            desk.pass(
                WindowFrame(
                    device: DeviceID(rawValue: 1), start: hours(hour), end: hours(hour + 1),
                    summaries: []))
        }
        #expect(passages.map(\.isInWork) == [true, true, true, true, false, false])
        #expect(passages.map(\.restarted) == [[], [], [], [], [1], []])
    }

    @Test func moreThanAreKeptAreRefused() throws {
        var desk = desk()
        for hour in 1...Int64(MaintenanceDesk.heldPerDevice) {
            try take(&desk, event(.failure, at: hour))
        }
        #expect(throws: CommandRefusal.tooManyEvents) {
            try take(&desk, event(.failure, at: 5_000))
        }
        // Windows that pass them make room.
        _ = pass(&desk, 500)
        try take(&desk, event(.failure, at: 5_000))
        var waiting = MaintenanceDesk()
        for hour in 1...Int64(MaintenanceDesk.heldPerDevice) {
            _ = try waiting.take(event(.failure, at: hour), of: nil)
        }
        #expect(throws: CommandRefusal.tooManyEvents) {
            _ = try waiting.take(event(.failure, at: 5_000), of: nil)
        }
    }

    @Test func itsStateSurvives() throws {
        var desk = desk()
        try take(&desk, event(.failure, at: 1), event(.replacement, at: 4, "seal"))
        _ = pass(&desk, 1)
        var other = event(.retired, at: 2)
        other.device = "P-9"
        _ = try desk.take(other, of: nil)
        var state = StateWriter()
        desk.encode(into: &state)
        var again = self.desk()
        var reader = StateReader(state.bytes)
        try again.restore(from: &reader) { (name) throws(StateFailure) in
            guard name == "P-1" else { throw .invalid(name) }
            return Self.device
        }
        for hour in Int64(2)..<6 { #expect(pass(&desk, hour) == pass(&again, hour)) }
        again.addDevice(named: "P-9", components: ["machine"], firstSeen: hours(0))
        #expect(!again.isMissed(DeviceID(rawValue: 1)))
    }
}

/// The lives of components, as a history tells of them.
@Suite struct ComponentLifeTests {
    private func lives(_ events: [(MaintenanceEvent.Kind, Int64, String)]) -> [String] {
        let told = events.map { kind, time, component in
            MaintenanceEvent(
                time: Timestamp(nanoseconds: time), device: "P-1", component: component,
                kind: kind, part: "N\(time)")
        }
        return ComponentLife.lives(toldBy: told).map { life in
            let from = life.startedAt.map { "\($0.nanoseconds)" } ?? "?"
            let until = life.endedAt.map { "\($0.nanoseconds)" } ?? ""
            let end = life.endedBy.map { " \($0.rawValue)" } ?? ""
            let name = life.component.isEmpty ? "-" : life.component
            return "\(name) \(life.number): \(from)...\(until)\(end) \(life.part ?? "")"
        }
    }

    @Test func aReplacementEndsOneAndStartsTheNext() {
        #expect(
            lives([(.replacement, 5, "b"), (.replacement, 9, "b")]) == [
                "b 1: ?...5 replacement ", "b 2: 5...9 replacement N5", "b 3: 9... N9",
            ])
    }

    /// A failure ends a life; the next one begins when somebody has seen to it.
    @Test func aFailureIsTheEndOfALife() {
        #expect(
            lives([
                (.commissioned, 1, "b"), (.failure, 5, "b"), (.failure, 6, "b"), (.repair, 8, "b"),
            ])
                == ["b 1: 1...5 failure N1", "b 2: 8... N8"])
        #expect(
            lives([(.failure, 5, "b"), (.replacement, 5, "b")]) == [
                "b 1: ?...5 failure ", "b 2: 5... N5",
            ])
    }

    @Test func whatHappensToTheDeviceHappensToItsComponents() {
        #expect(
            lives([
                (.commissioned, 1, ""), (.replacement, 5, "b"), (.failure, 6, ""),
                (.inspection, 7, "b"), (.retired, 9, ""),
            ]) == [
                "- 1: 1...6 failure N1", "b 1: 1...5 replacement ", "b 2: 5...9 retired N5",
            ])
    }

    /// One that is told late changes the lives as if it had been told in time.
    @Test func theOrderOfTellingDoesNotMatter() {
        let events: [(MaintenanceEvent.Kind, Int64, String)] = [
            (.commissioned, 1, ""), (.replacement, 5, "b"), (.failure, 8, "b"), (.repair, 9, "b"),
        ]
        #expect(lives(events) == lives(events.reversed()))
        #expect(lives([]) == [])
    }
}
