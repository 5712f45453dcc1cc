internal import CPlatform
internal import Glibc

/// A Unix socket in the file system: who may reach it, and whose it is.
///
/// A file that a dead process left is replaced; one that a living process has is not, and neither
/// is a file that is no socket. The permissions hold from the first moment. Access is decided by
/// the file's mode and owner, so whoever may not write to it cannot send.
///
/// Protection argument for the unsafe code: paths and names are lent as C strings for one call, and
/// each structure the kernel fills is a local variable.
package struct UnixSocketFile: Sendable {
    package let path: String
    /// What to find at ``path`` for as long as the file is this one.
    private let device: UInt
    private let inode: UInt

    /// Where a socket is wanted, and for whom.
    package struct Request: Sendable {
        package var path: String
        /// Permissions of the file, as `chmod` takes them.
        package var mode: UInt32
        /// `user:group`, `user` or `:group`, as names or numbers; empty leaves both.
        package var owner: String

        package init(path: String, mode: UInt32 = 0o660, owner: String = "") {
            self.path = path
            self.mode = mode
            self.owner = owner
        }
    }

    /// Makes the socket and returns its open descriptor. A stream does not take connections yet.
    /// `setting` is the section of the configuration a person would have to change.
    static func bind(
        _ request: Request, _ kind: SocketKind, setting: String
    ) throws(SystemFailure) -> (number: Int32, file: UnixSocketFile) {
        let subject = "\(kind.rawValue) \(request.path)"
        try makeRoom(request.path, kind, subject, setting)
        let number = unsafe csystem_unix_bind(request.path, kind == .unix, request.mode)
        guard number >= 0 else { throw failure(subject, code: -number, setting) }
        var status = stat()
        guard unsafe lstat(request.path, &status) == 0 else {
            let code = errno
            close(number)
            throw SystemFailure("listen on", subject, code: code)
        }
        let file = UnixSocketFile(
            path: request.path, device: UInt(status.st_dev), inode: UInt(status.st_ino))
        do throws(SystemFailure) {
            try file.give(to: request.owner, subject, setting)
        } catch {
            file.remove()
            close(number)
            throw error
        }
        return (number, file)
    }

    /// Removes the file if it is still this socket's.
    func remove() {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, UInt(status.st_dev) == device,
            UInt(status.st_ino) == inode
        else { return }
        unsafe unlink(path)
    }

    /// Takes away what a dead process left at the path.
    private static func makeRoom(
        _ path: String, _ kind: SocketKind, _ subject: String, _ setting: String
    ) throws(SystemFailure) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw SystemFailure(
                "listen on", subject, code: EEXIST, cause: "there is a file that is no socket",
                advice: "remove it or set \(setting).path to another path")
        }
        let code = unsafe -csystem_unix_probe(path, kind == .unix)
        switch code {
        case ECONNREFUSED:
            guard unsafe unlink(path) == 0 || errno == ENOENT else {
                throw failure(subject, code: errno, setting)
            }
        case ENOENT: return
        case 0:
            throw SystemFailure(
                "listen on", subject, code: EADDRINUSE, cause: "a living process has the socket",
                advice: "stop it or set \(setting).path to another path")
        default: throw failure(subject, code: code, setting)
        }
    }

    private func give(
        to owner: String, _ subject: String, _ setting: String
    ) throws(SystemFailure) {
        guard !owner.isEmpty else { return }
        let parts = owner.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let user = String(parts[0])
        let group = parts.count > 1 ? String(parts[1]) : ""
        var userNumber: UInt32 = 0
        var groupNumber: UInt32 = 0
        let unknown = unsafe csystem_find_owner(user, group, &userNumber, &groupNumber)
        guard unknown == 0 else {
            throw SystemFailure(
                "listen on", subject, code: EINVAL,
                cause: unknown == 1 ? "there is no user \(user)" : "there is no group \(group)",
                advice: "set \(setting).owner to \"USER:GROUP\" as this system knows them")
        }
        guard unsafe chown(path, userNumber, groupNumber) != 0 else { return }
        throw SystemFailure(
            "listen on", subject, code: errno, cause: "the socket cannot be given to \(owner)",
            advice: "run as root, or set \(setting).owner to a group this user is in, \":GROUP\"")
    }

    private static func failure(
        _ subject: String, code: Int32, _ setting: String
    ) -> SystemFailure {
        let advice =
            switch code {
            case ENOENT: "make its folder first, or set \(setting).path to another path"
            case EACCES, EPERM, EROFS:
                "this user may not write to its folder; set \(setting).path to another path"
            case ENAMETOOLONG: "set \(setting).path to one of at most 107 bytes"
            default: ""
            }
        return SystemFailure("listen on", subject, code: code, advice: advice)
    }
}
