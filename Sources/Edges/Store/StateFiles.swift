// Protection argument for the unsafe calls: each hands one or two NUL-terminated strings, made by
// the compiler for the duration of the call, to a function of the C library that keeps no pointer;
// a directory stream is closed before the function that opened it returns, and the name of an
// entry is copied before the next one is read.

internal import Glibc

/// Files of the state directory as wholes: which there are, and giving them other names.
enum StateFiles {
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Names in a directory, sorted, without those that begin with a point; none when it cannot be
    /// read.
    static func names(in path: String) -> [String] {
        guard let stream = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let size = unsafe MemoryLayout.size(ofValue: entry.pointee.d_name)
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self, capacity: size) { characters in
                    unsafe String(cString: characters)
                }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// A failure may pass: the disk is full or read-only for a while.
    static func rename(
        _ old: String, _ new: String, mayBeMissing: Bool = false
    ) throws(StoreFailure) {
        guard unsafe Glibc.rename(old, new) != 0 else { return }
        let code = errno
        if mayBeMissing, code == ENOENT { return }
        throw StoreFailure(
            .inputOutput, "cannot rename \(old) to \(new): \(StateDirectory.text(of: code))",
            isRetryable: true)
    }

    /// What is not there needs no removing, and what cannot be removed is in nobody's way.
    static func remove(_ path: String) { unsafe unlink(path) }
}
