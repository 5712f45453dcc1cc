internal import Glibc

/// A file that is made by this process and only grows, in whole pieces: after a failed write it
/// ends where the last whole piece ended, as far as the disk lets it.
package struct SegmentFile: ~Copyable, Sendable {
    package let path: String
    /// Bytes of whole pieces.
    package private(set) var count = 0
    private let file: Descriptor

    /// Fails when there is a file of that name.
    package init(creating path: String) throws(SystemFailure) {
        file = try Descriptor.open(
            path, flags: O_WRONLY | O_APPEND | O_CREAT | O_EXCL, operation: "create")
        self.path = path
    }

    package mutating func append(_ bytes: Span<UInt8>) throws(SystemFailure) {
        do throws(SystemFailure) {
            try file.writeAll(bytes, subject: path)
            count += bytes.count
        } catch {
            ftruncate(file.number, count)
            throw error
        }
    }

    /// Waits until all of it can be read again after a power cut. The name needs
    /// ``Directory/synchronize(_:)`` once.
    package func synchronize() throws(SystemFailure) {
        while fdatasync(file.number) != 0 {
            let code = errno
            if code != EINTR { throw SystemFailure("synchronize", path, code: code) }
        }
    }
}
