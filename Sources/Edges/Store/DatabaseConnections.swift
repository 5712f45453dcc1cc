import GRDB
internal import Glibc
import Synchronization

/// The connections to the database, shared by everybody who reads or writes it, and what is known
/// about damage of the file. They can be exchanged under those who share them: the exchange waits
/// until nobody is using them, and who comes meanwhile is told to come back. A connection that was
/// closed must not be used, and one that is open must not outlive the name of its file: SQLite
/// would remove the log of the file that has the name then.
final class DatabaseConnections: Sendable {
    private struct State {
        var pool: DatabasePool
        var damage: StoreFailure?
        var users = 0
        /// The old ones are closed, or about to be, and there are no others yet.
        var isExchanging = false
    }

    private let state: Mutex<State>

    init(_ pool: DatabasePool) {
        state = Mutex(State(pool: pool, damage: nil))
    }

    var pool: DatabasePool { state.withLock { $0.pool } }

    /// The first failure of these connections that said that the file is damaged.
    var damage: StoreFailure? { state.withLock { $0.damage } }

    /// Passes the failure on and keeps it when it says that the file is damaged.
    func note(_ failure: StoreFailure) -> StoreFailure {
        if failure.isDamage {
            state.withLock { state in
                if state.damage == nil { state.damage = failure }
            }
        }
        return failure
    }

    /// Lends the connections for one piece of work.
    func use<Value>(_ body: (DatabasePool) throws -> Value) throws -> Value {
        let pool = try state.withLock { state in
            guard !state.isExchanging else {
                throw StoreFailure(
                    .unavailable, "the database is being opened again", isRetryable: true)
            }
            state.users += 1
            return state.pool
        }
        defer { state.withLock { $0.users -= 1 } }
        return try body(pool)
    }

    /// Closes the connections and puts those that `make` opens in their place. When it throws there
    /// are none, until a later call succeeds. Must not be called from within ``use(_:)``.
    func exchange(_ make: () throws(StoreFailure) -> DatabasePool) throws(StoreFailure) {
        let old = state.withLock { state in
            state.isExchanging = true
            return state.pool
        }
        // Each use is one transaction at most.
        while state.withLock({ $0.users > 0 }) { usleep(1_000) }
        // A damaged file may not let itself be closed in order; its connections end all the same.
        try? old.close()
        let new = try make()
        state.withLock { $0 = State(pool: new, damage: nil) }
    }
}
