internal import Platform
internal import Store

/// Hands messages to other programs as files, maildir-like: written and synchronized under
/// `outbox/tmp`, renamed into `outbox/new`, and that directory synchronized, before the row counts
/// as delivered. Whoever reads `new` sees whole files only, and may move or delete them.
///
/// A message whose file is there already is delivered: the run before was interrupted between the
/// file and the mark.
struct SpoolDelivery: Sink {
    static let sink = OutboxSink.spool

    let directory: StateDirectory

    mutating func deliver(_ row: OutboxRow) throws(SystemFailure) {
        try DurableFile.writeAtomically(
            Array(row.payload.utf8).span, name: StateDirectory.spoolFileName(of: row.eventID),
            temporaryDirectory: directory.spoolTemporaryPath,
            finalDirectory: directory.spoolPath)
    }
}
