// Protection argument for the unsafe calls: each hands one NUL-terminated string, made by the
// compiler for the duration of the call, to a function of the C library that keeps no pointer, or
// a local `stat` structure it fills before returning.

internal import Glibc

/// The directory that holds everything Forestall remembers: where its files are, and whether it
/// can be written.
package struct StateDirectory: Hashable, Sendable {
    package let path: String

    package var databasePath: String { path + "/forestall.db" }
    /// A database that is to take the place of a damaged one, complete.
    package var freshDatabasePath: String { path + "/forestall.db.fresh" }
    package var lockPath: String { path + "/lock" }
    package var alertLogPath: String { path + "/alerts.log" }
    /// Where accepted lines are written down at level `journal`.
    package var journalPath: String { path + "/journal" }
    /// Where a spooled message is written before it is whole.
    package var spoolTemporaryPath: String { path + "/outbox/tmp" }
    /// Where whole messages lie for somebody to take them away.
    package var spoolPath: String { path + "/outbox/new" }

    /// Makes the directory (not its parents), readable by owner and group only, unless it is
    /// there, and proves that a file can be opened for writing in it.
    package init(creating path: String) throws(StoreFailure) {
        self.path = path
        if unsafe mkdir(path, 0o750) != 0 {
            let code = errno
            guard code == EEXIST || StateDirectory.isDirectory(path) else {
                throw StateDirectory.failure(creating: path, code: code)
            }
            guard StateDirectory.isDirectory(path) else {
                throw StoreFailure(
                    .inputOutput,
                    "cannot use \(path) as state directory: it is not a directory - "
                        + StateDatabase.advice)
            }
        }
        try proveWritable()
    }

    /// Forestall has kept state here: a file that is no database in its place is a damaged one, and
    /// not somebody else's.
    package var holdsState: Bool {
        ["/checkpoint.a", "/checkpoint.b", "/outbox", "/forestall.db-wal"].contains {
            StateFiles.exists(path + $0)
        }
    }

    /// A directory that is only read; nothing is created or checked.
    package init(reading path: String) {
        self.path = path
    }

    /// `<id>.json`; ticket ids are hexadecimal digits, and whatever else might stand in an id one
    /// day cannot leave the directory: bytes other than letters, digits, `.`, `_` and `-`, and a
    /// point at the beginning, are percent-encoded.
    package static func spoolFileName(of eventID: String) -> String {
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

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func failure(creating path: String, code: Int32) -> StoreFailure {
        let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
        let parent = trimmed.lastIndex(of: "/").map { String(trimmed[..<$0]) } ?? "."
        if code == ENOENT {
            return StoreFailure(
                .inputOutput,
                "cannot create state directory \(path): the directory \(parent) does not exist - "
                    + "create it or give another directory with --state")
        }
        return StoreFailure(
            .inputOutput,
            "cannot create state directory \(path): \(text(of: code)) - "
                + "check the permissions of \(parent) or give another directory with --state")
    }

    /// Opens the lock file, which every run needs anyway: `access` would answer for the real user
    /// and say nothing about a read-only file system mounted over it later.
    private func proveWritable() throws(StoreFailure) {
        let descriptor = unsafe open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor < 0 else {
            close(descriptor)
            return
        }
        throw StoreFailure(
            .inputOutput,
            "cannot write in state directory \(path): \(StateDirectory.text(of: errno)) - "
                + "check its owner and permissions or give another directory with --state")
    }

    static func text(of code: Int32) -> String {
        switch code {
        case EACCES, EPERM: "permission denied"
        case EROFS: "the file system is read-only"
        case ENOSPC, EDQUOT: "the disk is full"
        case ENOTDIR: "a part of the path is not a directory"
        case EIO: "the disk failed"
        case EISDIR: "the lock is a directory"
        default: "system error \(code)"
        }
    }
}
