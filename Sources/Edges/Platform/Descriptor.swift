internal import Glibc

/// Owns one file descriptor and closes it when it goes out of use.
///
/// Protection argument for the unsafe code: buffers come from spans and the counts handed to the
/// kernel never exceed what is left of the span.
package struct Descriptor: ~Copyable, Sendable {
    package let number: Int32

    /// Takes over an open descriptor.
    package init(owning number: Int32) {
        precondition(number >= 0, "BUG: not an open descriptor")
        self.number = number
    }

    deinit { close(number) }

    /// Gives the descriptor away; who takes it closes it.
    consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// Opens a file; `operation` is the word for the failure ("read", "write").
    static func open(
        _ path: String, flags: Int32, mode: mode_t = 0o640, operation: String
    ) throws(SystemFailure) -> Descriptor {
        while true {
            let number = unsafe Glibc.open(path, flags | O_CLOEXEC, mode)
            if number >= 0 { return Descriptor(owning: number) }
            let code = errno
            if code != EINTR { throw SystemFailure(operation, path, code: code) }
        }
    }

    /// One `write`; returns how many bytes the kernel took.
    package func write(
        _ bytes: Span<UInt8>, from start: Int, subject: String
    ) throws(SystemFailure) -> Int {
        precondition(start >= 0 && start <= bytes.count, "BUG: start outside span")
        while true {
            let written = unsafe bytes.withUnsafeBytes { raw in
                unsafe Glibc.write(number, raw.baseAddress?.advanced(by: start), raw.count - start)
            }
            if written >= 0 { return written }
            let code = errno
            if code != EINTR { throw SystemFailure("write", subject, code: code) }
        }
    }

    /// Writes everything, in as many calls as it takes.
    package func writeAll(_ bytes: Span<UInt8>, subject: String) throws(SystemFailure) {
        var position = 0
        while position < bytes.count {
            position += try write(bytes, from: position, subject: subject)
        }
    }

    /// Bytes of a regular file; `nil` of anything else.
    var fileSize: Int64? {
        var status = stat()
        guard unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        return Int64(status.st_size)
    }

    /// The byte at a place of a regular file opened for reading; `nil` when it cannot be read.
    func byte(at place: Int64) -> UInt8? {
        var byte: UInt8 = 0
        return unsafe pread(number, &byte, 1, off_t(place)) == 1 ? byte : nil
    }

    /// Makes a file shorter; false when the disk refuses.
    func cut(to size: Int64) -> Bool { ftruncate(number, off_t(size)) == 0 }

    /// Waits until the file's content is on the disk.
    package func synchronize(subject: String) throws(SystemFailure) {
        while fsync(number) != 0 {
            let code = errno
            if code != EINTR { throw SystemFailure("synchronize", subject, code: code) }
        }
    }
}
