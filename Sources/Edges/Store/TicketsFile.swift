package import Engine
import Primitives
import Tickets

/// Ticket changes as JSON lines, sorted by time, device, component, ticket and revision. Tickets
/// are few, so they are kept until the end; the file appears as a whole.
package struct TicketsFile: ~Copyable {
    private let file: ResultFile
    private var changes: [TicketChange] = []

    /// Fails at once when the path cannot be written, not after hours of replay.
    package init(path: String) throws(StoreFailure) {
        file = try ResultFile(path: path, atomically: true)
    }

    package mutating func write(_ step: EngineStep) {
        changes.append(contentsOf: step.changes)
    }

    package consuming func finish() throws(StoreFailure) {
        let sorted = changes.sorted { left, right in
            (left.time, left.ticket.device, left.ticket.component, left.ticket.id, left.revision)
                < (
                    right.time, right.ticket.device, right.ticket.component, right.ticket.id,
                    right.revision
                )
        }
        var bytes: [UInt8] = []
        for change in sorted {
            bytes.append(contentsOf: TicketDocument.json(change).utf8)
            bytes.append(0x0A)
        }
        try file.write(bytes)
        try file.finish()
    }
}
