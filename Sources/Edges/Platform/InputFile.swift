internal import Glibc

/// A file, pipe or standard input, read from front to back.
///
/// Protection argument for the unsafe code: reads go into buffers lent by a slab or an array and
/// are bounded by the buffer's count.
package struct InputFile: ~Copyable, Sendable {
    package let path: String
    /// Size on disk, in bytes; nil for what is not a regular file.
    package let size: UInt64?
    private let file: Descriptor

    /// Opens `path`; "-" is standard input.
    package init(path: String) throws(SystemFailure) {
        let file = try InputFile.open(path)
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else {
            throw SystemFailure("read", path, code: errno)
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw SystemFailure("read", path, code: EISDIR, advice: "name the files in it")
        }
        size = status.st_mode & S_IFMT == S_IFREG ? UInt64(status.st_size) : nil
        self.path = path
        self.file = file
    }

    private static func open(_ path: String) throws(SystemFailure) -> Descriptor {
        guard path == "-" else {
            return try Descriptor.open(path, flags: O_RDONLY, operation: "read")
        }
        let number = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
        guard number >= 0 else { throw SystemFailure("read", "standard input", code: errno) }
        return Descriptor(owning: number)
    }

    /// Reads up to `range.count` bytes into the slab; 0 at the end.
    package func read(
        into slab: inout ByteSlab, _ range: Range<Int>
    ) throws(SystemFailure) -> Int {
        while true {
            let number = file.number
            let count = unsafe slab.withMutableBytes(range) { buffer in
                unsafe Glibc.read(number, buffer.baseAddress, buffer.count)
            }
            if count >= 0 { return count }
            let code = errno
            if code != EINTR { throw SystemFailure("read", path, code: code) }
        }
    }

    /// The first bytes of a regular file without moving the reading position; empty otherwise.
    package func head(_ count: Int) -> [UInt8] {
        guard size != nil else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe pread(file.number, buffer.baseAddress, buffer.count, 0)
        }
        bytes.removeLast(count - max(got, 0))
        return bytes
    }

    /// Moves the reading position of a regular file; false when it cannot be moved.
    package func seek(to offset: UInt64) -> Bool {
        guard size != nil, let target = Int(exactly: offset) else { return false }
        return lseek(file.number, target, SEEK_SET) == target
    }
}
