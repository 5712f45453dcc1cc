import Intake
import LineProtocol
import Logging
import Platform
import Primitives
import Synchronization
import Testing
import Web

/// A web server on a port the kernel chose, with a thread in the engine's place.
final class WebReception: Sendable {
    /// What the engine's side has got so far.
    struct Delivery: Sendable {
        var text = ""
        var segments: [LineSegment] = []
        var refusals: [IntakeRefusal] = []

        /// `source name count`, sorted.
        var refused: [String] {
            var counts: [String: Int] = [:]
            for refusal in refusals {
                counts["\(refusal.source) \(refusal.name)", default: 0] += refusal.count
            }
            return counts.map { "\($0.key) \($0.value)" }.sorted()
        }
    }

    let server: WebServer
    let pool: BlockPool
    let queue: BoundedQueue<LineBlock>
    let port: UInt16
    private let running: Task<Void, any Error>
    private let engine: PlatformThread
    private let got = Mutex(Delivery())
    private let isPaused: Atomic<Bool>
    /// What waiting requests are told; nil where none waits.
    private let journalIsSafe: Bool?

    var counts: WebCounts { server.counts }
    var delivery: Delivery { got.withLock { $0 } }

    init(
        _ kind: WebListener.Kind = .http, limits: WebLimits = WebLimits(),
        intake: IntakeLimits = IntakeLimits(), policy: ListenerPolicy = ListenerPolicy(),
        tokens: AccessTokens? = nil, tls: TLSFiles? = nil,
        isPaused: Bool = false, storeTrouble: String? = nil,
        journalIsSafe: Bool? = nil
    ) throws {
        let listener = WebListener(
            kind, try ListeningSocket(host: "127.0.0.1", port: 0, setting: "intake.http"),
            policy: policy, tokens: tokens, tls: tls, limits: intake)
        port = listener.localPort
        let server = WebServer(
            [listener], limits: limits, intake: intake, version: "1.2.3",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let pool = BlockPool(limits: intake)
        let queue = BoundedQueue<LineBlock>(capacity: pool.blocks)
        self.server = server
        self.pool = pool
        self.queue = queue
        self.isPaused = Atomic(isPaused)
        self.journalIsSafe = journalIsSafe
        running = Task(executorPreference: ServerThread()) {
            try await server.run(
                pool: pool, queue: queue, waitsForJournal: journalIsSafe != nil
            ) {
                var snapshot = IntakeSnapshot()
                snapshot.linesAccepted = 7
                snapshot.storeTrouble = storeTrouble
                snapshot.refused = [.init(transport: "udp", reason: "late", count: 3)]
                return snapshot
            }
        }
        let box = EngineBox()
        engine = try PlatformThread(name: "engine") { box.run() }
        box.begin(self)
    }

    /// Lets the thread in the engine's place take blocks, or not.
    func pause(_ pauses: Bool) { isPaused.store(pauses, ordering: .sequentiallyConsistent) }

    fileprivate func takeBlocks() {
        while true {
            if isPaused.load(ordering: .sequentiallyConsistent) {
                if queue.isClosed { return }
                MonotonicClock.sleep(until: MonotonicClock.now() + 200_000)
                continue
            }
            switch queue.pop(until: MonotonicClock.now() + 1_000_000) {
            case .timedOut: continue
            case .closed: return
            case .element(let block):
                var piece = Delivery()
                for index in 0..<block.segmentCount { piece.segments.append(block.segment(index)) }
                block.withLines { bytes, _ in
                    var text: [UInt8] = []
                    for index in 0..<bytes.count { text.append(bytes[index]) }
                    piece.text = String(decoding: text, as: UTF8.self)
                }
                piece.refusals = block.refusals
                let receipt = block.receipt
                pool.give(block)
                got.withLock { got in
                    got.text += piece.text
                    got.segments += piece.segments
                    got.refusals += piece.refusals
                }
                receipt?.settle(isSafe: journalIsSafe == true)
            }
        }
    }

    /// Waits until the condition holds.
    func wait(
        for what: String, at location: SourceLocation = #_sourceLocation,
        until condition: () -> Bool
    ) {
        let end = MonotonicClock.now() + 60_000_000_000
        while !condition() {
            guard MonotonicClock.now() < end else {
                Issue.record("no \(what) within a minute: \(counts)", sourceLocation: location)
                return
            }
            MonotonicClock.sleep(until: MonotonicClock.now() + 200_000)
        }
    }

    /// Stops the server; all it has handed on.
    func finish() async throws -> Delivery {
        server.stop()
        try await running.value
        pause(false)
        queue.close()
        await engine.finished()
        #expect(pool.available == pool.blocks)
        #expect(counts.open == 0)
        return delivery
    }
}

/// Hands the reception to its thread once it is complete.
private final class EngineBox: Sendable {
    private let reception = Mutex<WebReception?>(nil)

    func begin(_ reception: WebReception) { self.reception.withLock { $0 = reception } }

    func run() {
        while true {
            if let reception = reception.withLock({ $0.take() }) { return reception.takeBlocks() }
            MonotonicClock.sleep(until: MonotonicClock.now() + 100_000)
        }
    }
}
