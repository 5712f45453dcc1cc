internal import Glibc

/// Files that are either completely there or not there at all, also after a power cut.
///
/// Protection argument for the unsafe code: the calls only read paths, borrowed as C strings.
package enum DurableFile {
    package enum Outcome: Sendable {
        case written
        /// A file of that name was in the final directory before; its content was left alone.
        case alreadyPresent
    }

    /// Writes `temporaryDirectory/name`, synchronizes it, renames it into `finalDirectory` and
    /// synchronizes that directory. Both directories are created when missing and must be on one
    /// file system. Calling again with the same name is a success without effect, so a delivery
    /// interrupted at any point can simply be repeated.
    @discardableResult
    package static func writeAtomically(
        _ bytes: Span<UInt8>, name: String, temporaryDirectory: String, finalDirectory: String
    ) throws(SystemFailure) -> Outcome {
        precondition(!name.isEmpty && !name.contains("/"), "BUG: not a file name")
        try Directory.create(temporaryDirectory)
        try Directory.create(finalDirectory)
        let temporary = temporaryDirectory + "/" + name
        let final = finalDirectory + "/" + name
        if unsafe access(final, F_OK) == 0 {
            unsafe unlink(temporary)
            // The earlier attempt may have ended between its rename and its synchronize.
            try Directory.synchronize(finalDirectory)
            return .alreadyPresent
        }
        do throws(SystemFailure) {
            try write(bytes, to: temporary)
            try rename(temporary, to: final)
        } catch {
            unsafe unlink(temporary)
            throw error
        }
        try Directory.synchronize(finalDirectory)
        return .written
    }

    /// Replaces the file at `path` as a whole: a reader, or the next start after a power cut, finds
    /// the old content or the new, never a mixture.
    package static func replace(_ bytes: Span<UInt8>, path: String) throws(SystemFailure) {
        let temporary = path + ".tmp"
        do throws(SystemFailure) {
            try write(bytes, to: temporary)
            try rename(temporary, to: path)
        } catch {
            unsafe unlink(temporary)
            throw error
        }
        try synchronizeDirectory(of: path)
    }

    /// Gives a file that somebody else has written to `temporary` its name, once it is on the disk;
    /// both must be in one directory.
    package static func publish(_ temporary: String, as path: String) throws(SystemFailure) {
        let file = try Descriptor.open(temporary, flags: O_RDONLY, operation: "write")
        try file.synchronize(subject: temporary)
        try rename(temporary, to: path)
        try synchronizeDirectory(of: path)
    }

    private static func rename(_ temporary: String, to path: String) throws(SystemFailure) {
        guard unsafe Glibc.rename(temporary, path) == 0 else {
            throw SystemFailure("write", path, code: errno)
        }
    }

    private static func synchronizeDirectory(of path: String) throws(SystemFailure) {
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        try Directory.synchronize(directory.isEmpty ? "/" : directory)
    }

    private static func write(_ bytes: Span<UInt8>, to path: String) throws(SystemFailure) {
        let file = try Descriptor.open(
            path, flags: O_WRONLY | O_CREAT | O_TRUNC, operation: "write")
        try file.writeAll(bytes, subject: path)
        try file.synchronize(subject: path)
    }
}
