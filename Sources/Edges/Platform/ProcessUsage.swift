internal import Glibc

/// What this process has used so far.
///
/// Protection argument for the unsafe code: the calls fill a local variable, or a local array
/// bounded by its count.
package enum ProcessUsage {
    /// The greatest resident size, in bytes.
    ///
    /// From `VmHWM`; `getrusage` is the fallback because its value survives `exec` and may be
    /// that of the shell or test runner that started the program.
    package static var peakResidentBytes: UInt64 {
        statusKibibytes("VmHWM:").map { $0 * 1_024 } ?? UInt64(usage().ru_maxrss) * 1_024
    }

    /// Resident size now, in bytes; 0 when the system does not tell.
    package static var residentBytes: UInt64 {
        (statusKibibytes("VmRSS:") ?? 0) * 1_024
    }

    /// Processor time of all threads, user and system, in seconds.
    package static var cpuSeconds: Double {
        let usage = usage()
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// Bytes this process has caused to be written to the medium: `write_bytes` of proc(5), in
    /// blocks of 512. What is written again before the system has carried it out counts once.
    package static var writtenBytes: UInt64 { UInt64(usage().ru_oublock) * 512 }

    private static func usage() -> rusage {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage
    }

    /// A number from /proc/self/status.
    private static func statusKibibytes(_ key: String) -> UInt64? {
        guard
            let file = try? Descriptor.open(
                "/proc/self/status", flags: O_RDONLY, operation: "read")
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe read(file.number, buffer.baseAddress, buffer.count)
        }
        guard count > 0 else { return nil }
        for line in String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n")
        where line.hasPrefix(key) {
            return UInt64(line.dropFirst(key.count).filter(\.isNumber))
        }
        return nil
    }
}
