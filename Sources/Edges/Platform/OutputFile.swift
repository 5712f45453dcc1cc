internal import Glibc

/// A new file, written from front to back; an old one of the same name is replaced.
package struct OutputFile: ~Copyable, Sendable {
    package let path: String
    private let file: Descriptor

    package init(path: String) throws(SystemFailure) {
        self.path = path
        file = try Descriptor.open(
            path, flags: O_WRONLY | O_CREAT | O_TRUNC, operation: "write")
    }

    package func write(_ bytes: Span<UInt8>) throws(SystemFailure) {
        try file.writeAll(bytes, subject: path)
    }
}
