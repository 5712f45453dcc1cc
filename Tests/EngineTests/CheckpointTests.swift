import Engine
import Primitives
import Testing
import Tickets
import Windows

/// A stop and a start in the middle must not show in what comes out.
@Suite struct CheckpointTests {
    private static let configuration = EngineConfiguration.byEvent(classes: [.pump()])
    private static let recording = SimulatedRecording.wearing

    /// Runs lines `range` through the engine; returns the steps.
    private func feed(
        _ engine: inout TelemetryEngine, _ range: Range<Int>, finish: Bool = false
    ) -> [EngineStep] {
        var steps: [EngineStep] = []
        let bytes = Self.recording.lines[range].flatMap(\.bytes)
        engine.ingest(
            bytes.span, from: 0, to: bytes.count, source: .file(0),
            arrivedAt: Timestamp(seconds: 0)
        ) { steps.append($0) }
        if finish { engine.finish { steps.append($0) } }
        return steps
    }

    private func frames(_ steps: [EngineStep]) -> [EngineStep.Closed] { steps.flatMap(\.closed) }
    private func digests(_ steps: [EngineStep]) -> [UInt64] {
        frames(steps).map { ByteHash.hash(String(reflecting: $0)) }
    }

    private func changes(_ steps: [EngineStep]) -> [TicketChange] { steps.flatMap(\.changes) }

    /// A checkpoint after the first line from `start` on at which one can be taken.
    private func checkpoint(
        _ engine: inout TelemetryEngine, from start: Int
    ) -> (bytes: [UInt8], next: Int, steps: [EngineStep]) {
        var next = start
        var steps: [EngineStep] = []
        while !engine.canCheckpoint {
            steps += feed(&engine, next..<next + 1)
            next += 1
        }
        return (engine.checkpoint(input: "here"), next, steps)
    }

    @Test(arguments: [500, 4_000, 9_000, 12_000, 15_000])
    func aRestoredEngineGoesOnAsIfNothingHadHappened(_ cut: Int) throws {
        let count = Self.recording.lines.count
        var whole = TelemetryEngine(Self.configuration)
        let expected = feed(&whole, 0..<count, finish: true)
        #expect(!changes(expected).isEmpty)

        var first = TelemetryEngine(Self.configuration)
        var steps = feed(&first, 0..<cut)
        let taken = checkpoint(&first, from: cut)
        steps += taken.steps
        var second = TelemetryEngine(Self.configuration)
        let restored = try second.restore(taken.bytes)
        #expect(restored.dropped.isEmpty)
        #expect(restored.header.input == "here")
        #expect(restored.header.sequence == steps.last?.sequence)
        steps += feed(&second, taken.next..<count, finish: true)
        // As text: a baseline that is not there yet is no number, which equals nothing.
        #expect(digests(steps) == digests(expected))
        #expect(changes(steps) == changes(expected))
        #expect(steps.map(\.sequence) == expected.map(\.sequence))
    }

    /// The same without the second half of the checkpoint's steps: committed frames are folded.
    @Test func committedFramesFoldToTheSameTickets() throws {
        let count = Self.recording.lines.count
        var whole = TelemetryEngine(Self.configuration)
        let steps = feed(&whole, 0..<count, finish: true)
        var second = TelemetryEngine(Self.configuration)
        var refolded: [TicketChange] = []
        for step in steps { refolded += second.refold(whole.registry.recorded(step)) }
        #expect(refolded == changes(steps))
        #expect(!refolded.isEmpty)
    }

    @Test func damagedBytesAreRefusedWhole() throws {
        var engine = TelemetryEngine(Self.configuration)
        _ = feed(&engine, 0..<3_000)
        let bytes = checkpoint(&engine, from: 3_000).bytes
        #expect(EngineCheckpoint.header(of: bytes) != nil)
        var random = Random(seed: 11)
        for _ in 0..<200 {
            var damaged = bytes
            damaged[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
            var target = TelemetryEngine(Self.configuration)
            #expect(EngineCheckpoint.header(of: damaged) == nil)
            var refused = false
            do throws(StateFailure) { _ = try target.restore(damaged) } catch { refused = true }
            #expect(refused)
        }
        for length in [0, 7, 8, 16, bytes.count / 2, bytes.count - 1] {
            #expect(EngineCheckpoint.header(of: Array(bytes[..<length])) == nil)
        }
    }

    /// Another window length: what was open cannot be continued, what was learned can.
    @Test func stateThatNoLongerFitsIsDroppedAndNamed() throws {
        var engine = TelemetryEngine(Self.configuration)
        _ = feed(&engine, 0..<6_000)
        let bytes = checkpoint(&engine, from: 6_000).bytes
        var other = TelemetryEngine(.byEvent(classes: [.pump(window: .minutes(10))]))
        let restored = try other.restore(bytes)
        #expect(restored.dropped.count == 3)
        #expect(restored.dropped.allSatisfy { $0.hasPrefix("windows state of P-10") })
    }
}
