import Engine
import Logging
import Platform
import Primitives
import Synchronization

/// Warns that a sender's stamps are no nanoseconds and what to set: at most one line a minute. The
/// count of all such lines is `runtime.stamps_guessed`.
final class PrecisionLog: Sendable {
    private struct Memory {
        var lastLogged: UInt64?
        var unreported = 0
    }

    private let logger: Logger
    private let memory = Mutex(Memory())

    init(logger: Logger) {
        self.logger = logger
    }

    func note(_ guesses: [PrecisionGuess], now: UInt64 = MonotonicClock.now()) {
        guard let guess = guesses.max(by: { $0.count < $1.count }) else { return }
        let count = memory.withLock { memory -> Int? in
            memory.unreported += guesses.reduce(0) { $0 + $1.count }
            if let last = memory.lastLogged, now - last < RefusalLog.pause { return nil }
            defer { memory = Memory(lastLogged: now) }
            return memory.unreported
        }
        guard let count else { return }
        logger.warning(
            "Timestamps are not nanoseconds and were read as what they fit",
            metadata: [
                "source": "\(guess.source)", "guess": "\(guess.precision.plural)",
                "count": "\(count)",
                "advice": "set precision = \"\(guess.precision.rawValue)\" for the listener",
            ])
    }
}
