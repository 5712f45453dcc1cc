import Glibc
import Platform

/// A directory of this run under `$TMPDIR`, removed with everything in it when it goes out of use.
///
/// Protection argument for the unsafe code: the C strings are made by the compiler for the duration
/// of a call, or lie in an array of our own that ends with a zero; a directory entry is read before
/// the next call that may overwrite it.
struct TemporaryDirectory: ~Copyable {
    let path: String

    init() throws(SystemFailure) {
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var name = Array("\(parent)/forestall-bench.XXXXXX".utf8CString)
        let made = unsafe name.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) } != nil
        }
        guard made else { throw SystemFailure("create a directory in", parent, code: errno) }
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { TemporaryDirectory.remove(path) }

    private static func remove(_ path: String) {
        guard let directory = unsafe opendir(path) else {
            unsafe unlink(path)
            return
        }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { start in
                unsafe start.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    unsafe String(cString: text)
                }
            }
            if name != ".", name != ".." { remove(path + "/" + name) }
        }
        unsafe closedir(directory)
        unsafe rmdir(path)
    }
}
