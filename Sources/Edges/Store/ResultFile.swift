// Protection argument for the unsafe calls: paths are NUL-terminated strings made by the compiler
// for the duration of a call that keeps no pointer; `write` gets a buffer pointer that is valid
// inside the closure, with its true length.

internal import Glibc

/// A file of results, written from front to back.
struct ResultFile: ~Copyable {
    private let path: String
    /// Where the bytes go until `finish`, when the file appears as a whole or not at all.
    private let temporary: String?
    private let descriptor: Int32

    /// A file that grows where it is, from `header` on.
    static func growing(
        path: String, from header: String
    ) throws(StoreFailure) -> ResultFile {
        let file = try ResultFile(path: path, atomically: false)
        try file.write(Array(header.utf8))
        return file
    }

    /// With `atomically` the old file, if any, stays until `finish`. Whatever is no regular file
    /// (a pipe, `/dev/stdout`) is written directly.
    init(path: String, atomically: Bool) throws(StoreFailure) {
        self.path = path
        var status = stat()
        let exists = unsafe stat(path, &status) == 0
        let isSpecial = exists && status.st_mode & S_IFMT != S_IFREG
        let temporary = atomically && !isSpecial ? path + ".part" : nil
        self.temporary = temporary
        descriptor = unsafe open(
            temporary ?? path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw ResultFile.failure("write", path, errno) }
    }

    deinit {
        close(descriptor)
        // Gone already when `finish` has renamed it.
        if let temporary { unsafe unlink(temporary) }
    }

    borrowing func write(_ bytes: [UInt8]) throws(StoreFailure) {
        var position = 0
        while position < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    descriptor, buffer.baseAddress?.advanced(by: position),
                    buffer.count - position)
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw ResultFile.failure("write", path, errno)
            }
            position += written
        }
    }

    consuming func finish() throws(StoreFailure) {
        guard let temporary else { return }
        guard fsync(descriptor) == 0, unsafe rename(temporary, path) == 0 else {
            throw ResultFile.failure("write", path, errno)
        }
    }

    private static func failure(_ action: String, _ path: String, _ code: Int32) -> StoreFailure {
        let cause =
            switch code {
            case ENOENT: "its directory does not exist - create it"
            case EACCES, EPERM: "permission denied - give another path"
            case EROFS: "the file system is read-only - give another path"
            case EISDIR: "it is a directory - give the path of a file"
            case ENOSPC, EDQUOT: "the disk is full - free some space"
            case EPIPE: "nobody reads the pipe any more"
            default: "system error \(code)"
            }
        return StoreFailure(.inputOutput, "cannot \(action) \(path): \(cause)")
    }
}
