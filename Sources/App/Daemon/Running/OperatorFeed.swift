import Logging
import Platform
import Store
import Tickets

/// Offers operators' decisions to the engine, on the store thread: the program's only hand-off
/// against the flow. It never waits; what does not fit stays in the table and is offered again.
struct OperatorFeed {
    /// Decisions on their way to the engine.
    static let capacity = 64

    private let inbox: OperatorInbox
    private let queue: BoundedQueue<OperatorCommand>
    private let logger: Logger
    private var offered: Int64 = 0

    init(_ inbox: OperatorInbox, to queue: BoundedQueue<OperatorCommand>, logger: Logger) {
        self.inbox = inbox
        self.queue = queue
        self.logger = logger
    }

    /// Another table took the place of the one that was read; its decisions count from the start.
    mutating func beginAgain() { offered = 0 }

    mutating func offer() {
        do {
            for command in try inbox.waiting(after: offered, limit: Self.capacity) {
                guard queue.tryPush(command) == nil else { return }
                offered = command.id
            }
        } catch {
            // A busy database: the rows are still there in a second.
            logger.debug("Cannot read operators' decisions", metadata: ["error": "\(error)"])
        }
    }
}
