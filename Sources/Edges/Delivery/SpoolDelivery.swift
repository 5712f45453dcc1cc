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
            Array(row.payload.utf8).span, name: SpoolDelivery.fileName(row.eventID),
            temporaryDirectory: directory.spoolTemporaryPath,
            finalDirectory: directory.spoolPath)
    }

    /// `<id>.json`; ticket ids are hexadecimal digits, and whatever else might stand in an id one
    /// day cannot leave the directory: bytes other than letters, digits, `.`, `_` and `-`, and a
    /// point at the beginning, are percent-encoded.
    static func fileName(_ eventID: String) -> String {
        var name = ""
        for byte in eventID.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F:
                name.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x2E where !name.isEmpty: name += "."
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                name += "%" + (byte < 16 ? "0" : "") + digits
            }
        }
        return name + ".json"
    }
}
