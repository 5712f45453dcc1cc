internal import Glibc

/// Directories: making them and making their entries durable.
///
/// Protection argument for the unsafe code: the calls read a path, borrowed as a C string, or fill
/// one local variable; a directory stream is closed before the function that opened it returns, and
/// the name of an entry is copied before the next one is read.
package enum Directory {
    /// Makes `path` and its missing parents, readable by owner and group only (0750). A directory
    /// that exists already is left as it is.
    package static func create(_ path: String) throws(SystemFailure) {
        var end = path.startIndex
        while end < path.endIndex {
            let next = path.index(after: end)
            end = path[next...].firstIndex(of: "/") ?? path.endIndex
            let part = String(path[..<end])
            if unsafe mkdir(part, 0o750) == 0 { continue }
            let code = errno
            guard code != EEXIST else { continue }
            // A read-only or foreign parent is fine as long as the directory is there.
            if isDirectory(part) { continue }
            throw SystemFailure("create directory", part, code: code)
        }
        guard isDirectory(path) else {
            throw SystemFailure("create directory", path, code: ENOTDIR)
        }
    }

    /// Waits until the names in the directory are on the disk.
    package static func synchronize(_ path: String) throws(SystemFailure) {
        let directory = try Descriptor.open(
            path, flags: O_RDONLY | O_DIRECTORY, operation: "synchronize")
        try directory.synchronize(subject: path)
    }

    /// Names of what is in it, sorted, without those that begin with a point; none when there is no
    /// such directory.
    package static func names(_ path: String) throws(SystemFailure) -> [String] {
        guard let stream = unsafe opendir(path) else {
            let code = errno
            if code == ENOENT { return [] }
            throw SystemFailure("read", path, code: code)
        }
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

    /// Removes a file; one that is not there needs no removing.
    package static func remove(file path: String) throws(SystemFailure) {
        guard unsafe unlink(path) != 0 else { return }
        let code = errno
        if code != ENOENT { throw SystemFailure("remove", path, code: code) }
    }

    package static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
