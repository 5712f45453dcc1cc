import LineProtocol
import ParserInvariants

// One set of parsers with the usual limits and one with small ones, each kept over all inputs.
// libFuzzer calls from one thread.
nonisolated(unsafe) private var usual = ParserInvariants()
nonisolated(unsafe) private var small = ParserInvariants(
    limits: LineLimits(maxLineBytes: 100, maxTags: 3, maxFields: 4))

/// What libFuzzer calls with each input. A violation ends the process, so that the input is kept;
/// the message says whether a fresh parser finds it too, or only one that has read other inputs.
///
/// Protection argument: the fuzzer owns `count` readable bytes at `bytes` during the call, and
/// they are copied before anything looks at them. The parsers above are used here only.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLineProtocol(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let bytes = unsafe bytes, count > 0 else { return 0 }
    let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    let wrong = unsafe usual.violation(in: input) ?? small.violation(in: input)
    guard let wrong else { return 0 }
    var fresh = ParserInvariants()
    var freshSmall = ParserInvariants(
        limits: LineLimits(maxLineBytes: 100, maxTags: 3, maxFields: 4))
    let again = fresh.violation(in: input) ?? freshSmall.violation(in: input)
    fatalError(again ?? wrong + " (only after other inputs)")
}
