import GRDB
package import Primitives

/// Rows of the database as text, from front to back: nothing is held in memory but the row in hand.
package struct StateExport: Sendable {
    package var subject: ExportSubject
    package var format: ExportFormat
    /// Only this device; it must be known.
    package var device: String?
    /// Only what happened in `[from, until)`.
    package var from: Timestamp?
    package var until: Timestamp?

    /// Rows are handed over in pieces of about this many bytes.
    private static let pieceBytes = 1 << 16

    package init(
        _ subject: ExportSubject, _ format: ExportFormat, device: String? = nil,
        from: Timestamp? = nil, until: Timestamp? = nil
    ) {
        self.subject = subject
        self.format = format
        self.device = device
        self.from = from
        self.until = until
    }

    /// Writes to `path`, which appears when it is complete. Returns the number of rows.
    package func run(_ model: ReadModel, to path: String) throws(StoreFailure) -> Int {
        let file = try ResultFile(path: path, atomically: true)
        let rows = try rows(of: model) { bytes throws(StoreFailure) in try file.write(bytes) }
        try file.finish()
        return rows
    }

    /// Hands the text over piece by piece. What is exported is one snapshot; as long as it lasts,
    /// the log that the daemon writes to grows.
    package func rows(
        of model: ReadModel, write: ([UInt8]) throws(StoreFailure) -> Void
    ) throws(StoreFailure) -> Int {
        try model.read { db in
            if let device {
                let known = try Bool.fetchOne(
                    db, sql: "SELECT 1 FROM device WHERE name = ?", arguments: [device])
                guard known != nil || subject == .maintenance else {
                    throw StoreFailure(.data, "device \"\(device)\" is not known")
                }
            }
            var bytes = format.header(of: subject)
            var count = 0
            let cursor = try Row.fetchCursor(
                db, sql: subject.sql(ofOneDevice: device != nil),
                arguments: [
                    device, from?.nanoseconds ?? Int64.min, until?.nanoseconds ?? Int64.max,
                ])
            while let row = try cursor.next() {
                format.append(row, of: subject, to: &bytes)
                count += 1
                if bytes.count >= Self.pieceBytes {
                    try write(bytes)
                    bytes.removeAll(keepingCapacity: true)
                }
            }
            if !bytes.isEmpty { try write(bytes) }
            return count
        }
    }
}
