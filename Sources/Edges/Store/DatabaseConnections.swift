import GRDB
import Synchronization

/// The connections to the database, shared by everybody who reads or writes it, and what is known
/// about damage of the file. They can be exchanged while others hold them: who comes next gets the
/// new ones.
final class DatabaseConnections: Sendable {
    private struct State {
        var pool: DatabasePool
        var damage: StoreFailure?
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

    /// Puts others in their place.
    func exchange(for pool: DatabasePool) {
        state.withLock { $0 = State(pool: pool, damage: nil) }
    }
}
