internal import GRDB

/// Something the store could not do, told as one sentence: *cannot do this with that: cause -
/// advice*.
package struct StoreFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of trouble it is, as the program's exit code says it (sysexits.h).
    package enum Category: Int32, Sendable {
        /// The file is there and is not what it should be.
        case data = 65
        /// Somebody else is using it.
        case unavailable = 69
        /// The operating system or the disk refused.
        case inputOutput = 74
    }

    package let category: Category
    package let description: String
    /// True when the same call may succeed later without anybody changing anything: the disk is
    /// full, slow or failing, or another process holds the database.
    package let isRetryable: Bool
    /// True when the file itself is not what SQLite wrote: trying again does not help.
    package let isDamage: Bool

    package init(
        _ category: Category, _ description: String, isRetryable: Bool = false,
        isDamage: Bool = false
    ) {
        self.category = category
        self.description = description
        self.isRetryable = isRetryable
        self.isDamage = isDamage
    }

    package var exitCode: Int32 { category.rawValue }

    /// What SQLite said while the store was trying to `action` the file at `path`.
    init(_ action: String, _ path: String, because error: any Error) {
        if let failure = error as? StoreFailure {
            self = failure
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.inputOutput, "cannot \(action) \(path): \(error)")
            return
        }
        let (category, cause, advice, retryable) = Self.reading(error)
        self.init(
            category,
            "cannot \(action) \(path): \(cause)" + (advice.isEmpty ? "" : " - \(advice)"),
            isRetryable: retryable,
            isDamage: [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode))
    }

    private static func reading(
        _ error: DatabaseError
    ) -> (Category, cause: String, advice: String, retryable: Bool) {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
            (.unavailable, "another program is writing to it", "close it", true)
        case .SQLITE_FULL: (.inputOutput, "the disk is full", "free some space", true)
        case .SQLITE_IOERR:
            (
                .inputOutput, "the disk failed (\(error.message ?? "no detail"))",
                "look at the system log", true
            )
        case .SQLITE_NOTADB: (.data, "it is not a Forestall database", StateDatabase.advice, false)
        case .SQLITE_CORRUPT:
            (.data, "the database is damaged", "restore a copy or move it away", false)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN:
            // A file system that was remounted read-only may be writable again.
            (
                .inputOutput, "it cannot be opened for writing",
                "check the permissions of the file and its directory", true
            )
        case .SQLITE_NOMEM: (.inputOutput, "there is no memory left", "", true)
        default: (.data, error.message ?? "\(error.resultCode)", "", false)
        }
    }
}
