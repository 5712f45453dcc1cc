import LineProtocol
import ParserInvariants

/// Limits that short inputs reach.
private let smallLimits = LineLimits(maxLineBytes: 100, maxTags: 3, maxFields: 4)

// Kept over all inputs. libFuzzer calls from one thread.
nonisolated(unsafe) private var usual = ParserInvariants()
nonisolated(unsafe) private var small = ParserInvariants(limits: smallLimits)

/// What libFuzzer calls with each input. A violation ends the process, so that the input is kept;
/// the message says whether a fresh parser finds it too, or only one that has read other inputs.
///
/// Protection argument: the fuzzer owns `count` readable bytes at `bytes` during the call, and
/// they are copied before anything looks at them. The parsers above are used here only.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLineProtocol(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let bytes = unsafe bytes, count > 0 else { return 0 }
    let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    // Half of all inputs each, and the same input always the same way.
    let isSmall = input.reduce(0, ^) & 1 == 1
    let found = isSmall ? unsafe small.violation(in: input) : unsafe usual.violation(in: input)
    guard let wrong = found else { return 0 }
    var fresh = ParserInvariants(limits: isSmall ? smallLimits : LineLimits())
    fatalError(fresh.violation(in: input) ?? wrong + " (only after other inputs)")
}
