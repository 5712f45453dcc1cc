internal import Platform
internal import Store

/// Appends alerts to `alerts.log`, one line each, and waits for the disk. The file is opened when
/// the first alert comes, so that a directory that cannot be written is a failed delivery like any
/// other, not a program that does not start.
struct AlertLogDelivery: Sink, ~Copyable {
    static let sink = OutboxSink.alerts

    private let path: String
    private var file: AppendFile?

    init(path: String) {
        self.path = path
    }

    mutating func deliver(_ row: OutboxRow) throws(SystemFailure) {
        if file == nil { file = try AppendFile(path: path, synchronizesEachLine: true) }
        try file?.append(row.payload)
    }

    /// The next alert goes to a new file of that name: a log rotator has renamed the old one.
    mutating func reopen() {
        file = nil
    }
}
