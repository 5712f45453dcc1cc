internal import Glibc

/// A text log that grows by whole lines and can be moved away by a log rotator at any time.
package struct AppendFile: ~Copyable, Sendable {
    package let path: String
    private let synchronizesEachLine: Bool
    private var file: Descriptor
    /// True after a line was cut by a full disk: the next one must not be glued to the stump.
    private var endsInsideLine = false

    package init(path: String, synchronizesEachLine: Bool = false) throws(SystemFailure) {
        self.path = path
        self.synchronizesEachLine = synchronizesEachLine
        file = try AppendFile.open(path)
    }

    /// Appends `line` and a newline in one `write`, so that lines of several writers never mix.
    package mutating func append(_ line: String) throws(SystemFailure) {
        var bytes: [UInt8] = endsInsideLine ? [0x0A] : []
        bytes.append(contentsOf: line.utf8)
        bytes.append(0x0A)
        var position = 0
        while position < bytes.count {
            do throws(SystemFailure) {
                position += try file.write(bytes.span, from: position, subject: path)
            } catch {
                if position > 0 { endsInsideLine = bytes[position - 1] != 0x0A }
                throw error
            }
        }
        endsInsideLine = false
        if synchronizesEachLine { try file.synchronize(subject: path) }
    }

    /// Opens the path anew, after a rotator has renamed the old file. When that fails the old
    /// file stays in use.
    package mutating func reopen() throws(SystemFailure) {
        file = try AppendFile.open(path)
        endsInsideLine = false
    }

    private static func open(_ path: String) throws(SystemFailure) -> Descriptor {
        try Descriptor.open(path, flags: O_WRONLY | O_APPEND | O_CREAT, operation: "write")
    }
}
