import Foundation
import Logging
import Platform
import ServiceLifecycle
import Synchronization

/// What the daemon tells its supervisor (systemd): that it is ready, that it stops, and that its
/// pipeline gets on with its work.
///
/// The last one is not a timer. The engine's thread puts a heartbeat into the queue to the store
/// between two pieces of work, and the store's thread tells the supervisor when it takes it out: so
/// both must have come round, and everything before the heartbeat is committed. If one of them
/// hangs nothing is told, and the supervisor kills and restarts the program.
///
/// A store that cannot write and tries again is alive: a restart would not free the disk, and would
/// lose what waits in memory.
final class Supervision: Sendable {
    private let supervisor: Supervisor?
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        /// Monotonic nanoseconds before which nothing is told about being alive.
        var restsUntil: UInt64 = 0
        var listensOn = ""
        var storeWaits = false
        var failure: SystemFailure?
    }

    /// With `nil` nothing is told to anybody.
    init(_ supervisor: Supervisor?, logger: Logger) {
        self.supervisor = supervisor
        self.logger = logger
    }

    static func ofThisProcess(logger: Logger) -> Supervision {
        Supervision(
            Supervisor(environment: ProcessInfo.processInfo.environment), logger: logger)
    }

    /// The engine's: a quarter of the supervisor's patience.
    var heartbeats: HeartbeatSchedule {
        HeartbeatSchedule(interval: supervisor?.patience.map { max($0 / 4, 1) })
    }

    /// `places` as they are announced: `transport=udp address=127.0.0.1:8094`.
    func ready(_ places: [String]) {
        let addresses = places.map { place in
            place.split(separator: " ").compactMap { $0.split(separator: "=").last }
                .joined(separator: " ")
        }
        let status =
            addresses.isEmpty
            ? "Not listening" : "Listening on " + addresses.joined(separator: ", ")
        state.withLock { $0.listensOn = status }
        tell(.ready, status: status)
    }

    func stopping() { tell(.stopping, status: "Working through what was received") }

    /// A heartbeat has come through.
    func pipelineMoved() {
        let status: String?? = state.withLock { state in
            guard isDue(&state) || state.storeWaits else { return nil }
            defer { state.storeWaits = false }
            return .some(state.storeWaits ? state.listensOn : nil)
        }
        if let status { tell(.alive, status: status) }
    }

    /// A commit has failed and will be tried again.
    func storeWaits(_ reason: String) {
        let isTold = state.withLock { state in
            guard isDue(&state) || !state.storeWaits else { return false }
            state.storeWaits = true
            return true
        }
        if isTold { tell(.alive, status: "Cannot write, steps wait: " + reason) }
    }

    /// Restarts and failing commits would tell it many times a second.
    private func isDue(_ state: inout State) -> Bool {
        guard let patience = supervisor?.patience else { return false }
        let now = MonotonicClock.now()
        guard now >= state.restsUntil else { return false }
        state.restsUntil = now + min(patience / 8, 3_600_000_000_000)
        return true
    }

    private func tell(_ word: Supervisor.Word, status: String?) {
        guard let supervisor else { return }
        var failure: SystemFailure?
        do {
            try supervisor.tell(word, status: status)
        } catch {
            failure = error
        }
        let isNews = state.withLock { state in
            defer { state.failure = failure }
            return state.failure != failure
        }
        if isNews, let failure {
            logger.warning("Cannot reach the supervisor", metadata: ["error": "\(failure)"])
        }
    }
}

/// When the engine sends a heartbeat to the store.
struct HeartbeatSchedule: Sendable {
    /// Nanoseconds between two; `nil` sends none.
    let interval: UInt64?
    private var next: UInt64 = 0

    init(interval: UInt64?) { self.interval = interval.map { min($0, UInt64.max / 4) } }

    /// True when one is due; the next is due an interval later.
    mutating func isDue(at now: UInt64) -> Bool {
        guard let interval, now >= next else { return false }
        next = now + interval
        return true
    }

    /// The engine looks at every tick, and must wake by itself only for a tick that is longer than
    /// an interval. So an idle gateway is woken no more often than without a supervisor.
    var latest: UInt64 { interval.map { next + $0 } ?? .max }
}

/// Tells the supervisor that the program stops. As the last service of a group it is the first to
/// be told.
struct StopNotice: Service {
    let supervision: Supervision

    func run() async throws {
        try? await gracefulShutdown()
        supervision.stopping()
    }
}
