internal import CZlib
package import Platform

/// Writes one gzip file from front to back.
///
/// The header carries neither name nor time, so equal text gives equal files.
///
/// Protection argument for the unsafe code: as in ``GzipInflater``, zlib's state is pinned, and
/// its pointers are set for one call from a span and a slab whose counts go with them.
@safe package struct GzipWriter: ~Copyable, Sendable {
    private let state: PinnedValue<z_stream>
    private let file: OutputFile
    private var packed = ByteSlab(capacity: 64 << 10)

    /// `level` from 1 (fast) to 9 (small). An old file at `path` is replaced.
    package init(path: String, level: Int = 6) throws(SystemFailure) {
        let file = try OutputFile(path: path)
        self.file = file
        unsafe state = unsafe PinnedValue(unsafe z_stream())
        let code = unsafe deflateInit2_(
            state.pointer, Int32(min(max(level, 1), 9)), Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY,
            ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "BUG: zlib \(ZLIB_VERSION) does not initialise")
    }

    deinit {
        unsafe deflateEnd(state.pointer)
    }

    package mutating func write(_ bytes: Span<UInt8>) throws(SystemFailure) {
        var position = 0
        while position < bytes.count {
            position += try deflate(bytes, from: position, flush: Z_NO_FLUSH).consumed
        }
    }

    /// Writes the trailer. A writer that goes out of use without it leaves a truncated file.
    package consuming func finish() throws(SystemFailure) {
        var isComplete = false
        let nothing: [UInt8] = []
        while !isComplete {
            isComplete = try deflate(nothing.span, from: 0, flush: Z_FINISH).isComplete
        }
    }

    /// One call of zlib, whose output goes to the file at once.
    private mutating func deflate(
        _ bytes: Span<UInt8>, from start: Int, flush: Int32
    ) throws(SystemFailure) -> (consumed: Int, isComplete: Bool) {
        let stream = unsafe state.pointer
        let room = packed.capacity
        // Large spans go in slices, because zlib counts in 32 bits.
        let available = min(bytes.count - start, 1 << 30)
        let code = unsafe bytes.withUnsafeBytes { raw in
            unsafe packed.withMutableBytes(0..<room) { target in
                let source = unsafe raw.baseAddress?.advanced(by: start)
                    .assumingMemoryBound(to: UInt8.self)
                unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(mutating: source)
                unsafe stream.pointee.avail_in = UInt32(available)
                unsafe stream.pointee.next_out = target.baseAddress
                unsafe stream.pointee.avail_out = UInt32(room)
                return unsafe CZlib.deflate(stream, flush)
            }
        }
        unsafe stream.pointee.next_in = nil
        unsafe stream.pointee.next_out = nil
        let produced = unsafe room - Int(stream.pointee.avail_out)
        let consumed = unsafe available - Int(stream.pointee.avail_in)
        try packed.withBytes(0..<produced) { bytes throws(SystemFailure) in
            try file.write(bytes)
        }
        return (consumed, code == Z_STREAM_END)
    }
}
