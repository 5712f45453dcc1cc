import Glibc
import LineProtocol

/// The parser alone, against the least that can be done with the same bytes: finding newlines.
///
/// Protection argument for the unsafe code: `memchr` gets a pointer into an array's own buffer and
/// the count of bytes that are left of it, inside the closure that lends the buffer.
enum ParseBenchmark {
    static func run(_ scale: Scale) -> Findings {
        var findings = Findings("parse")
        let lines = scale.pick(20_000, small: 1_000)
        let passes = scale.pick(20, small: 2)
        for (name, workload) in [
            ("plain", Workload(devices: lines, passes: 1)),
            ("awkward", Workload(awkwardLines: lines)),
        ] {
            var parsing: [Double] = []
            var scanning: [Double] = []
            for _ in 0..<scale.rounds {
                // One after the other in each round, so that both see the same neighbours.
                parsing.append(
                    Stopwatch.seconds {
                        for _ in 0..<passes { parseAll(workload.bytes, &findings) }
                    })
                scanning.append(
                    Stopwatch.seconds {
                        for _ in 0..<passes { findings.fold(UInt64(newlines(workload.bytes))) }
                    })
            }
            let parse = Stopwatch.median(parsing) / Double(passes * workload.lines)
            let scan = Stopwatch.median(scanning) / Double(passes * workload.lines)
            let lineBytes = Double(workload.bytes.count) / Double(workload.lines)
            findings.add("\(name).bytes", lineBytes, "bytes/line")
            findings.add("\(name).time", parse * 1e9, "ns/line", reference: scan * 1e9)
            findings.add(
                "\(name).throughput", lineBytes / parse / 1e6, "MB/s",
                reference: lineBytes / scan / 1e6)
        }
        return findings
    }

    /// Parses every record and folds every number and stamp.
    static func parseAll(_ bytes: [UInt8], _ findings: inout Findings) {
        var parser = LineParser()
        let span = bytes.span
        var position = 0
        var sum: UInt64 = 0
        loop: while true {
            switch parser.next(span, position: &position, end: span.count) {
            case .record:
                sum &+= UInt64(bitPattern: parser.offsets.timestamp)
                for field in 0..<parser.offsets.fieldCount {
                    sum = sum &* 31 &+ parser.offsets.fieldBits(field)
                }
            case .blank: continue
            case .rejected(let rejection):
                preconditionFailure("BUG: a benchmark line was refused: \(rejection)")
            case .end: break loop
            }
        }
        findings.fold(sum)
    }

    /// The reference: how many newlines there are, by the C library's vectorised search.
    private static func newlines(_ bytes: [UInt8]) -> Int {
        unsafe bytes.withUnsafeBytes { buffer in
            guard var place = buffer.baseAddress else { return 0 }
            let end = unsafe place + buffer.count
            var count = 0
            while unsafe place < end, let hit = unsafe memchr(place, 0x0A, end - place) {
                count += 1
                unsafe place = UnsafeRawPointer(hit) + 1
            }
            return count
        }
    }
}
