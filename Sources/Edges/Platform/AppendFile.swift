internal import Glibc

/// A text log that grows by whole lines and can be moved away by a log rotator at any time.
package struct AppendFile: ~Copyable, Sendable {
    package let path: String
    private let synchronizesEachLine: Bool
    private var file: Descriptor
    /// The file ends with the stump of a line: the next one must not be glued to it.
    private var endsInsideLine: Bool

    package init(path: String, synchronizesEachLine: Bool = false) throws(SystemFailure) {
        self.path = path
        self.synchronizesEachLine = synchronizesEachLine
        file = try AppendFile.open(path)
        endsInsideLine = AppendFile.endsInsideLine(file)
    }

    /// Appends `line` and a newline in one `write`, so that lines of several writers never mix.
    /// What a full disk has taken of it when this throws is cut off again.
    package mutating func append(_ line: String) throws(SystemFailure) {
        var bytes: [UInt8] = endsInsideLine ? [0x0A] : []
        bytes.append(contentsOf: line.utf8)
        bytes.append(0x0A)
        var position = 0
        while position < bytes.count {
            do throws(SystemFailure) {
                position += try file.write(bytes.span, from: position, subject: path)
            } catch {
                takeBack(position)
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
        endsInsideLine = AppendFile.endsInsideLine(file)
    }

    private mutating func takeBack(_ count: Int) {
        guard count > 0 else { return }
        if let size = file.fileSize, size >= count, file.cut(to: size - Int64(count)) { return }
        endsInsideLine = AppendFile.endsInsideLine(file)
    }

    /// After a power cut, or where the stump of a line could not be cut off.
    private static func endsInsideLine(_ file: borrowing Descriptor) -> Bool {
        guard let size = file.fileSize, size > 0 else { return false }
        return file.byte(at: size - 1) != 0x0A
    }

    private static func open(_ path: String) throws(SystemFailure) -> Descriptor {
        try Descriptor.open(path, flags: O_RDWR | O_APPEND | O_CREAT, operation: "write")
    }
}
