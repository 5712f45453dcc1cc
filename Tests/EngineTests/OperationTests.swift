import Detection
import Primitives
import Testing
import Windows

@testable import Engine

/// Hours and starts through the engine: of each device, over every kind of restart.
@Suite struct OperationTests {
    private static let start: Int64 = 1_767_225_600
    /// The class of the first and third device finds its levels itself; windows of a minute.
    private static let configuration = EngineConfiguration.byEvent(classes: [
        MachineClass(
            name: "pump", measurements: ["pump"],
            detection: DetectionPolicy(
                running: OperatingCondition(parsing: "current > 2"),
                idle: OperatingCondition(parsing: "current > 0.5"), minimumDuration: .minutes(3),
                commissioning: .hours(1))),
        MachineClass(
            name: "fan", measurements: ["fan"],
            detection: DetectionPolicy(loadSignal: "current", commissioning: .hours(1))),
    ])

    /// Twenty hours of three devices, two readings a minute, with an hour without any.
    private static let lines: [String] = {
        var random = Random(seed: 6)
        var level = [0.1, 0.1, 0.1]
        var lines: [String] = []
        for half in 0..<2_400 where !(900..<1_020).contains(half) {
            for (place, device) in ["pump,device=P", "fan,device=F", "pump,device=Q"].enumerated() {
                if random.uniform() < 0.02 {
                    level[place] =
                        place == 1 ? [0.1, 20][half % 2] : [0.1, 1, 20][random.below(3)]
                }
                let value = level[place] * (1 + 0.02 * random.normal())
                lines.append("\(device) current=\(value) \(start + Int64(half) * 30)000000000\n")
            }
        }
        return lines
    }()

    private enum Restart: CaseIterable { case none, stop, crash, crashAfterCheckpoint }

    private static func feed(
        _ engine: inout TelemetryEngine, _ range: Range<Int>
    ) -> [EngineStep] {
        var steps: [EngineStep] = []
        let bytes = lines[range].flatMap { Array($0.utf8) }
        engine.ingest(
            bytes.span, from: 0, to: bytes.count, source: .file(0),
            arrivedAt: Timestamp(seconds: 0)
        ) { steps.append($0) }
        return steps
    }

    /// What each window of a device said, `chunk` lines at a time, restarted every `every` chunks.
    private static func run(
        chunk: Int, _ restart: Restart = .none, every: Int = 9
    ) throws -> [String: [DeviceOperation]] {
        var engine = TelemetryEngine(configuration)
        var steps: [EngineStep] = []
        var kept: (bytes: [UInt8], steps: Int)?
        for (index, from) in stride(from: 0, to: lines.count, by: chunk).enumerated() {
            steps += feed(&engine, from..<min(from + chunk, lines.count))
            guard index % every == every - 1, restart != .none, engine.canCheckpoint else {
                continue
            }
            if restart == .stop || kept == nil || index % (3 * every) == every - 1 {
                kept = (engine.checkpoint(), steps.count)
            }
            let names = engine.registry
            var next = TelemetryEngine(configuration)
            if let kept, restart != .crash {
                #expect(try next.restore(kept.bytes).dropped == [])
            }
            // Open windows of a crash are gone: what is compared is what was committed.
            for step in steps[(restart == .crash ? 0 : kept?.steps ?? 0)...] {
                _ = next.refold(names.recorded(step, classes: ["pump": "pump", "fan": "fan"]))
            }
            next.resume(
                after: steps.last?.sequence ?? 0, advancedTo: steps.last?.advancedTo ?? .distantPast
            )
            engine = next
        }
        engine.finish { steps.append($0) }
        var operations: [String: [DeviceOperation]] = [:]
        for closed in steps.flatMap(\.closed) {
            guard let operation = closed.assessment.operation else { continue }
            operations[engine.registry[closed.frame.device].name, default: []].append(operation)
        }
        return operations
    }

    @Test func hoursAndStartsAreCounted() throws {
        let operations = try Self.run(chunk: 500)
        for device in ["P", "F", "Q"] {
            let last = try #require(operations[device]?.last?.tally)
            #expect(last.observed > .hours(18) && last.observed <= .hours(19), "\(device)")
            #expect(last.running > .hours(2) && last.running < .hours(16), "\(device)")
            #expect(last.starts >= 3, "\(device)")
            let states = Set(operations[device]?.map(\.state) ?? [])
            #expect(states.contains(.running) && states.contains(.off), "\(device)")
            #expect(states.contains(.idle) == (device != "F"), "\(device)")
        }
        #expect(operations["P"]?.last?.tally != operations["Q"]?.last?.tally)
    }

    @Test(arguments: [1, 7, 90, 10_000])
    func cuttingTheInputChangesNothing(_ chunk: Int) throws {
        #expect(try Self.run(chunk: chunk) == Self.run(chunk: 500))
    }

    /// A stop with a checkpoint loses nothing; cut where no window is open, neither does a crash.
    @Test(arguments: [Restart.stop, .crash, .crashAfterCheckpoint].map { "\($0)" })
    func aRestartDoesNotShow(_ name: String) throws {
        let restart = try #require(Restart.allCases.first { "\($0)" == name })
        let whole = try Self.run(chunk: 60)
        let again = try Self.run(chunk: 60, restart)
        guard restart != .stop else {
            #expect(again == whole)
            return
        }
        // A crash loses the readings of open windows; what differs is at most those minutes.
        for (device, operations) in whole {
            let one = try #require(operations.last?.tally)
            let other = try #require(again[device]?.last?.tally)
            #expect(other.observed <= one.observed)
            #expect(one.observed.seconds - other.observed.seconds < 60 * 60)
            #expect(other.running.seconds > 0.9 * one.running.seconds)
        }
    }

    /// Every committed step folded again gives the engine that committed them, to the last bit of
    /// what it counts.
    @Test(arguments: [0, 200, 900])
    func foldedAgainItIsTheSame(_ checkpoint: Int) throws {
        var engine = TelemetryEngine(Self.configuration)
        var steps = Self.feed(&engine, 0..<checkpoint)
        engine.flush { steps.append($0) }
        let bytes = engine.checkpoint()
        let before = steps.count
        steps += Self.feed(&engine, checkpoint..<4_000)
        engine.flush { steps.append($0) }
        var again = TelemetryEngine(Self.configuration)
        if checkpoint > 0 { #expect(try again.restore(bytes).dropped == []) }
        for step in steps[(checkpoint > 0 ? before : 0)...] {
            _ = again.refold(
                engine.registry.recorded(step, classes: ["pump": "pump", "fan": "fan"]))
        }
        #expect(again.registry.devices.map(\.name).sorted() == ["F", "P", "Q"])
        for device in engine.registry.devices {
            let other = try #require(again.registry.device(named: device.name))
            var one = StateWriter()
            engine.detector.encodeOperation(device.id, into: &one)
            var two = StateWriter()
            again.detector.encodeOperation(other, into: &two)
            #expect(one.bytes == two.bytes, "\(device.name)")
        }
    }

    /// Where windows and checkpoints are gone the store's count is taken up, and only then.
    @Test func theStoresCountHoldsWhereNothingElseIsLeft() throws {
        var engine = TelemetryEngine(Self.configuration)
        _ = Self.feed(&engine, 0..<300)
        let device = try #require(engine.registry.device(named: "P"))
        let own = try #require(engine.detector.tally(of: device))
        var near = own
        near.running = near.running + TimeSpan(nanoseconds: 1_000)  // rounding
        #expect(engine.adopt([RecordedOperation(device: "P", tally: near)]) == 0)
        let stored = OperatingTally(
            running: .hours(10_000), idle: .hours(5), observed: .hours(12_000), starts: 77)
        #expect(engine.adopt([RecordedOperation(device: "P", tally: stored)]) == 1)
        #expect(engine.detector.tally(of: device) == stored)
        #expect(engine.adopt([RecordedOperation(device: "P", tally: stored)]) == 0)
        var steps = Self.feed(&engine, 300..<900)
        engine.finish { steps.append($0) }
        let last = try #require(
            steps.flatMap(\.closed).last { $0.frame.device == device }?.assessment.operation)
        #expect(last.tally.observed > .hours(12_001))
    }

    /// A device of which nothing is left gets its count back when it comes again; also one that
    /// is first known by a measurement of no class.
    @Test(arguments: ["pump,device=R current=20", "other,device=R x=1"])
    func aForgottenDeviceGetsItsCountBack(_ first: String) throws {
        let stored = OperatingTally(
            running: .hours(100), idle: .zero, observed: .hours(200), starts: 7)
        var engine = TelemetryEngine(Self.configuration)
        #expect(engine.adopt([RecordedOperation(device: "R", tally: stored)]) == 1)
        for line in [
            "\(first) \(Self.start)000000000\n",
            "pump,device=R current=20 \(Self.start + 60)000000000\n",
        ] {
            let bytes = Array(line.utf8)
            engine.ingest(
                bytes.span, from: 0, to: bytes.count, source: .file(0),
                arrivedAt: Timestamp(seconds: 0)
            ) { _ in }
        }
        let device = try #require(engine.registry.device(named: "R"))
        #expect(engine.detector.tally(of: device)?.starts == 7)
        #expect(engine.detector.tally(of: device)?.running ?? .zero >= .hours(100))
    }

    /// A section of another version is dropped and named; the rest of the device stays.
    @Test func anUnknownCountIsDropped() throws {
        var engine = TelemetryEngine(Self.configuration)
        _ = Self.feed(&engine, 0..<300)
        engine.flush { _ in }
        // Without the checksum, which is made anew.
        var content = Array(engine.checkpoint().dropLast(8))
        let name = Array("operation".utf8)
        let place = try #require(
            content.indices.first { content[$0...].starts(with: name) })
        content[place + name.count] = 99
        var again = TelemetryEngine(Self.configuration)
        let restored = try again.restore(EngineCheckpoint.sealed(StateWriter(content)))
        #expect(restored.dropped.count == 1)
        #expect(restored.dropped.first?.hasPrefix("operation state of ") == true)
        // A file of the version before is no checkpoint of this one.
        content.replaceSubrange(0..<8, with: Array("FSTCKPT3".utf8))
        let older = EngineCheckpoint.sealed(StateWriter(content))
        #expect(EngineCheckpoint.header(of: older) == nil)
    }
}
