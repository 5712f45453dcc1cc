internal import Glibc

/// The name this machine gives itself.
///
/// Protection argument for the unsafe code: one call fills a local array and is told one byte less
/// than it has, so that the name always ends.
package enum HostName {
    /// Without a domain being asked for; "localhost" when the system tells none.
    package static var current: String {
        var bytes = [CChar](repeating: 0, count: 257)
        let code = unsafe gethostname(&bytes, bytes.count - 1)
        let letters = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let name = String(decoding: letters, as: UTF8.self)
        return code == 0 && !name.isEmpty ? name : "localhost"
    }
}
