import Primitives

/// Databases that were damaged and set aside: `forestall.db.damaged-20260205T061000Z`, with the log
/// that belonged to them. They are kept for people, never opened for writing again, and only the
/// newest few of them are kept.
package enum DamagedDatabase {
    /// Older ones are removed: a failing memory card must not fill itself with them.
    package static let kept = 3

    private static let mark = "forestall.db.damaged-"
    /// The log first: a fresh database must never find the log of another one.
    private static let suffixes = ["-wal", "-shm", ""]

    /// Names of those there are, oldest first.
    package static func names(in directory: StateDirectory) -> [String] {
        StateFiles.names(in: directory.path).filter {
            $0.hasPrefix(mark) && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm")
        }
    }

    /// Gives the database another name and removes what is too old. The result is the new name.
    static func setAside(
        in directory: StateDirectory, at time: Timestamp
    ) throws(StoreFailure) -> String {
        let moment = time.floored(to: .seconds(1)).rfc3339
            .filter { $0 != "-" && $0 != ":" }
        var name = mark + moment
        var number = 1
        while StateFiles.exists(directory.path + "/" + name) {
            number += 1
            name = "\(mark)\(moment).\(number)"
        }
        for suffix in suffixes {
            try StateFiles.rename(
                directory.databasePath + suffix, directory.path + "/" + name + suffix,
                mayBeMissing: true)
        }
        for old in names(in: directory).dropLast(kept) {
            for suffix in suffixes { StateFiles.remove(directory.path + "/" + old + suffix) }
        }
        return name
    }
}
