import Engine
import Logging
import Platform
import Primitives
import Synchronization

/// Says who sent what was refused, and what to set when only the precision of a listener is wrong:
/// at most one line a minute per reason, with the number of refusals since the last one. The full
/// counts are in the table `refusal`.
final class RefusalLog: Sendable {
    private struct Entry {
        var lastLogged: UInt64
        var unreported: Int
    }

    static let pause: UInt64 = 60_000_000_000

    private let logger: Logger
    private let entries = Mutex<[String: Entry]>([:])

    init(logger: Logger) {
        self.logger = logger
    }

    func note(_ refused: [EngineStep.Refused], now: UInt64 = MonotonicClock.now()) {
        for item in refused {
            let count = entries.withLock { entries -> Int? in
                var entry = entries[item.reason] ?? Entry(lastLogged: 0, unreported: 0)
                entry.unreported += item.count
                defer { entries[item.reason] = entry }
                guard entry.lastLogged == 0 || now - entry.lastLogged >= Self.pause else {
                    return nil
                }
                defer {
                    entry.lastLogged = now
                    entry.unreported = 0
                }
                return entry.unreported
            }
            guard let count else { continue }
            var metadata: Logger.Metadata = [
                "reason": "\(item.reason)", "count": "\(count)", "source": "\(item.source)",
                "column": "\(item.column)", "sample": "\(item.sample)",
            ]
            if let fits = item.fits {
                metadata["advice"] = """
                    the timestamp fits \(fits.plural): set precision = "\(fits.rawValue)" for the \
                    listener
                    """
            }
            logger.warning("Lines refused", metadata: metadata)
        }
    }
}
