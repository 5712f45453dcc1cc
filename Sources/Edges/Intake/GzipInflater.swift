internal import CZlib
package import Platform

/// Unpacks one gzip member after another.
///
/// Protection argument for the unsafe code: zlib keeps a pointer to its own `z_stream`, so that
/// lives in a ``PinnedValue`` that nobody else sees. The input and output
/// pointers are set from buffers lent for exactly the duration of the one `inflate` call and
/// cleared after it; their counts are the buffers' counts, so zlib cannot leave them.
@safe package struct GzipInflater: ~Copyable, Sendable {
    package struct Step {
        /// Bytes of input used.
        package var consumed: Int
        /// Bytes of output written.
        package var produced: Int
        package var outcome: Outcome
    }

    package enum Outcome {
        case goesOn
        /// The member is complete and its checksum right.
        case memberEnded
        case corrupt
    }

    private let state: PinnedValue<z_stream>

    package init() {
        unsafe state = unsafe PinnedValue(unsafe z_stream())
        // 16 + 15: gzip header and trailer only, largest window.
        let code = unsafe inflateInit2_(
            state.pointer, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "BUG: zlib \(ZLIB_VERSION) does not initialise")
    }

    deinit {
        unsafe inflateEnd(state.pointer)
    }

    /// Unpacks as much of `input` as fits into `output`.
    package mutating func inflate(
        _ input: inout ByteSlab, _ inputRange: Range<Int>,
        into output: inout ByteSlab, _ outputRange: Range<Int>
    ) -> Step {
        let stream = unsafe state.pointer
        let code = unsafe input.withMutableBytes(inputRange) { source in
            unsafe output.withMutableBytes(outputRange) { target in
                unsafe stream.pointee.next_in = source.baseAddress
                unsafe stream.pointee.avail_in = UInt32(clamping: source.count)
                unsafe stream.pointee.next_out = target.baseAddress
                unsafe stream.pointee.avail_out = UInt32(clamping: target.count)
                return unsafe CZlib.inflate(stream, Z_NO_FLUSH)
            }
        }
        unsafe stream.pointee.next_in = nil
        unsafe stream.pointee.next_out = nil
        let outcome: Outcome =
            switch code {
            case Z_OK, Z_BUF_ERROR: .goesOn
            case Z_STREAM_END: .memberEnded
            default: .corrupt
            }
        return unsafe Step(
            consumed: inputRange.count - Int(stream.pointee.avail_in),
            produced: outputRange.count - Int(stream.pointee.avail_out), outcome: outcome)
    }

    /// Makes ready for the next member.
    package mutating func beginMember() {
        unsafe inflateReset(state.pointer)
    }
}
