import Glibc

/// What the C library's allocator has given out.
///
/// Protection argument for the unsafe code: `malloc_info` has the C signature it is cast to
/// (malloc_info(3), glibc); it writes into a stream of ours that is closed before its text is
/// read, and the text is copied and freed here.
enum HeapUse {
    private typealias MallocInfo = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32

    /// Bytes allocated and not freed, by the report of `malloc_info`: what the heap got from the
    /// system, less what lies free in it, plus large blocks. A difference of two calls says what
    /// was kept in between; it is blind to what was allocated and freed again. `nil` where the C
    /// library has no such report (Swift does not import `mallinfo2`, so the text is read).
    static var bytes: Int? {
        guard let report else { return nil }
        // The totals of all arenas come last.
        guard let system = last(#"<system type="current" size=""#, in: report),
            let fast = last(#"<total type="fast" count=""#, size: true, in: report),
            let rest = last(#"<total type="rest" count=""#, size: true, in: report),
            let mapped = last(#"<total type="mmap" count=""#, size: true, in: report)
        else { return nil }
        return system - fast - rest + mapped
    }

    private static var report: Substring? {
        guard let symbol = unsafe dlsym(nil, "malloc_info") else { return nil }
        let mallocInfo = unsafe unsafeBitCast(symbol, to: MallocInfo.self)
        var text: UnsafeMutablePointer<CChar>?
        var size = 0
        guard let stream = unsafe open_memstream(&text, &size) else { return nil }
        let result = unsafe mallocInfo(0, stream)
        unsafe fclose(stream)
        defer { unsafe free(text) }
        guard result == 0, let text = unsafe text else { return nil }
        return unsafe String(cString: text)[...]
    }

    /// The number after the last `opening`, or the one of the attribute `size` behind it.
    private static func last(
        _ opening: String, size: Bool = false, in report: Substring
    ) -> Int? {
        var found: Substring?
        for line in report.split(separator: "\n") where line.hasPrefix(opening) {
            found = line.dropFirst(opening.count)
        }
        guard var rest = found else { return nil }
        if size {
            let parts = rest.split(separator: "\"")
            guard parts.count >= 3 else { return nil }
            rest = parts[2]
        }
        return Int(rest.prefix { $0.isNumber })
    }
}
