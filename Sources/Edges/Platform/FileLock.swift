internal import Glibc

/// Holds a state directory for one writing process, through `flock` on a file in it.
///
/// The kernel releases the lock when the process ends, however it ends; the file itself stays and
/// carries the number of its last holder.
///
/// Protection argument for the unsafe code: one read into a local array, bounded by that array's
/// count.
package struct FileLock: ~Copyable, Sendable {
    package let path: String
    private let file: Descriptor

    /// Takes the lock or fails at once; the failure names the process that holds it.
    package init(path: String) throws(SystemFailure) {
        let file = try Descriptor.open(path, flags: O_RDWR | O_CREAT, operation: "lock")
        while flock(file.number, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            guard code == EWOULDBLOCK else { throw SystemFailure("lock", path, code: code) }
            let holder = FileLock.text(of: file).map { "process \($0)" } ?? "another process"
            throw SystemFailure(
                "lock", path, code: code, cause: "\(holder) is using this state directory",
                advice: "stop it or give another directory with --state")
        }
        ftruncate(file.number, 0)
        try file.writeAll(Array("\(getpid())\n".utf8).span, subject: path)
        self.path = path
        self.file = file
    }

    /// The number in the lock file, if it holds one.
    private static func text(of file: borrowing Descriptor) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe pread(file.number, buffer.baseAddress, buffer.count, 0)
        }
        guard count > 0 else { return nil }
        let digits = bytes.prefix(count).prefix { $0 >= 0x30 && $0 <= 0x39 }
        return Int32(String(decoding: digits, as: UTF8.self))
    }
}
