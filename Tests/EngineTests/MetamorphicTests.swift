import Engine
import Primitives
import Testing
import Tickets
import Windows

/// Changes of the input that must not change the outcome.
@Suite struct MetamorphicTests {
    static let pumps = EngineConfiguration.byEvent(classes: [.pump()])

    /// What the plain runs said, made once: their texts are long.
    static let healthy = run(.healthy).stories
    static let wearing = run(.wearing).stories

    /// The whole recording in one block.
    static func run(
        _ recording: SimulatedRecording,
        _ configuration: EngineConfiguration = MetamorphicTests.pumps
    ) -> EngineRun {
        run([recording.bytes[...]], configuration)
    }

    static func run(
        _ blocks: [ArraySlice<UInt8>],
        _ configuration: EngineConfiguration = MetamorphicTests.pumps
    ) -> EngineRun {
        let run = EngineRun(configuration)
        for block in blocks { run.send(block) }
        run.finish()
        return run
    }

    /// Every n-th line is followed by one that is refused.
    func damaged(_ recording: SimulatedRecording) -> [UInt8] {
        let bad = [
            "pump,device= v=1\n", "pump v=1 5\n", "pump,device=P-101 v=nan\n", "\n", "x\r\n",
        ]
        return recording.lines.enumerated().flatMap { index, line in
            line.bytes + (index % 50 == 0 ? Array(bad[index / 50 % bad.count].utf8) : [])
        }
    }

    /// Cuts after random newlines; `share` of them on average.
    func cut(_ bytes: [UInt8], share: Double, seed: UInt64) -> [ArraySlice<UInt8>] {
        var random = Random(seed: seed)
        var blocks: [ArraySlice<UInt8>] = []
        var start = 0
        for (index, byte) in bytes.enumerated()
        where byte == UInt8(ascii: "\n") && random.uniform() < share {
            blocks.append(bytes[start...index])
            start = index + 1
        }
        return blocks + [bytes[start...]]
    }

    @Test(arguments: [(1.0, 1), (0.1, 2), (0.001, 3)] as [(Double, UInt64)])
    func cuttingBlocksChangesNothing(share: Double, seed: UInt64) {
        let bytes = damaged(.healthy)
        let whole = Self.run([bytes[...]])
        let blocks = cut(bytes, share: share, seed: seed)
        #expect(blocks.count > 3)
        #expect(!whole.refused.isEmpty && whole.closed.count > 300)
        let pieces = Self.run(blocks)
        expectSame(pieces.digests, whole.digests, "seed \(seed)")
        #expect(pieces.counters == whole.counters)
    }

    @Test(arguments: 1...2)
    func orderWithinAnInstantChangesNothing(seed: UInt64) {
        var random = Random(seed: seed)
        var lines = SimulatedRecording.healthy.lines
        for index in lines.indices.reversed() {
            let other = random.below(index + 1)
            // Swaps of neighbours that share the instant; others would be another recording.
            let near = max(other, index - 2)
            if lines[near].time == lines[index].time { lines.swapAt(near, index) }
        }
        #expect(lines.map(\.device) != SimulatedRecording.healthy.lines.map(\.device))
        expectSameStories(
            Self.run(SimulatedRecording(lines: lines)), Self.healthy, "seed \(seed)")
    }

    /// One file after the other is a backlog: every device but the first lives days behind the
    /// event clock.
    @Test func filesInARowAreLikeFilesMerged() {
        let recording = SimulatedRecording.wearing
        let merged = Self.wearing
        let changes = merged["P-101"]?.changes ?? []
        #expect(changes.contains { $0.contains("Kind.opened") })
        #expect(changes.contains { $0.contains("Kind.escalated") })
        let inARow = Self.run(recording.devices.map { recording.only($0).bytes[...] })
        expectSameStories(inARow, merged, "in a row")
        let reversed = Self.run(recording.devices.reversed().map { recording.only($0).bytes[...] })
        expectSameStories(reversed, merged, "in a row from the last")
    }

    @Test func aDeviceDoesNotDependOnOthers() {
        let recording = SimulatedRecording.wearing
        for device in ["P-101", "P-103"] {
            expectSameStories(
                Self.run(recording.only(device)), Self.wearing, devices: [device], "alone")
        }
    }

    /// The newcomer comes first, so that it shifts every index, and moves the clock in between.
    @Test func idleDevicesChangeNobody() {
        let recording = SimulatedRecording.healthy
        let start = recording.lines[0].time
        let first = "fan,host=idle speed=0,note=\"off\" \(start.nanoseconds)\n"
        let lines = recording.lines.flatMap { line -> [SimulatedRecording.Line] in
            let stamp = line.time + .seconds(1)
            let idle = "fan,host=idle speed=0,note=\"off\" \(stamp.nanoseconds)\n"
            return [
                line, .init(time: stamp, device: "idle", bytes: Array(idle.utf8)),
            ]
        }
        let idle = SimulatedRecording.Line(time: start, device: "idle", bytes: Array(first.utf8))
        let withIdle = Self.run(SimulatedRecording(lines: [idle] + lines))
        #expect(withIdle.registry.devices.map(\.name).first == "idle")
        expectSameStories(
            withIdle, Self.healthy, devices: recording.devices, "with an idle device")
    }

    @Test func replayingTwiceGivesEqualSteps() {
        let first = Self.run(.healthy)
        let second = Self.run(.healthy)
        #expect(first.steps.count > 100)
        expectSame(second.digests, first.digests, "second run")
    }

    /// What was said about the past does not depend on what came after it.
    @Test func theFutureChangesNothing() {
        let recording = SimulatedRecording.wearing
        let full = Self.wearing
        let begun = EngineRun(Self.pumps)
        begun.send(
            SimulatedRecording(lines: Array(recording.lines.prefix(recording.lines.count * 2 / 3)))
                .bytes[...])
        begun.flush()
        for (name, story) in begun.stories {
            #expect(story.windows.count > 200)
            let expected = full[name] ?? DeviceStory()
            expectSame(
                story.windows, Array(expected.windows.prefix(story.windows.count)), "\(name)")
            expectSame(
                story.changes, Array(expected.changes.prefix(story.changes.count)), "\(name)")
        }
    }

    @Test func cuttingBlocksChangesNothingByTheWallClock() {
        var configuration = Self.pumps
        configuration.clock = ClockPolicy(source: .wall)
        let runs = [1.0, 0].map { share in
            let run = EngineRun(configuration)
            let lines = SimulatedRecording.healthy.lines
            // A block an hour, as after a lost uplink, and a tick after it.
            for start in stride(from: 0, to: lines.count, by: 90) {
                let block = lines[start..<min(start + 90, lines.count)]
                guard let arrival = block.last?.time else { continue }
                for piece in cut(block.flatMap(\.bytes), share: share, seed: 1) {
                    run.send(piece, at: arrival)
                }
                run.tick(arrival.nanoseconds / 1_000_000_000 + 1)
            }
            return run
        }
        #expect(runs[1].closed.count > 300)
        expectSame(runs[0].digests, runs[1].digests, "wall clock")
    }
}
