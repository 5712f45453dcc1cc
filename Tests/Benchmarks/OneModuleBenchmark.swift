import LineProtocol
import Primitives
import Windows

/// What it costs that the hot path crosses module borders.
///
/// Measured are the calls made per line from one module into another: the window store's
/// `addPlainly` (Engine into Windows), with all that comes of it in the long run, the accessors of
/// a parsed record (Engine into LineProtocol), and the hash and comparison of a series key (Engine
/// into Primitives). Each is called from this module, and beside it the same code copied into this
/// module (`OneModuleWindows`, `OneModuleRecord`, `OneModuleHash`) under the same loop; the value
/// is the time across the border, the reference the time inside the module, the ratio the price of
/// the border. Not measured: the parser's own calls, one per line, not inlined either way.
enum OneModuleBenchmark {
    static func run(_ scale: Scale) -> Findings {
        var findings = Findings("one-module")
        windows(scale, &findings)
        record(scale, &findings)
        key(scale, &findings)
        return findings
    }

    /// Runs both sides in turns and adds the figure. Both must do the same work.
    private static func compare(
        _ name: String, calls: Int, _ scale: Scale, _ findings: inout Findings,
        across: () -> UInt64, inside: () -> UInt64
    ) {
        var acrossSeconds: [Double] = []
        var insideSeconds: [Double] = []
        var acrossWork: UInt64 = 0
        var insideWork: UInt64 = 0
        for _ in 0..<scale.rounds * 2 {
            acrossSeconds.append(Stopwatch.seconds { acrossWork = across() })
            insideSeconds.append(Stopwatch.seconds { insideWork = inside() })
            precondition(acrossWork == insideWork, "BUG: the copy of \(name) does other work")
        }
        findings.fold(acrossWork)
        findings.add(
            name, Stopwatch.median(acrossSeconds) / Double(calls) * 1e9, "ns/line",
            reference: Stopwatch.median(insideSeconds) / Double(calls) * 1e9)
    }

    private static func windows(_ scale: Scale, _ findings: inout Findings) {
        let devices = scale.pick(1_000, small: 50)
        let passes = scale.pick(100, small: 4)
        var across = WindowStore()
        var inside = OneModuleWindows()
        let zeros = [Double](repeating: 0, count: Workload.fieldsPerLine)
        for device in 0..<devices {
            across.addDevice(WindowPolicy())
            inside.addDevice(
                length: 60_000_000_000, lateness: 10_000_000_000, slots: 2,
                signals: Workload.fieldsPerLine)
            for _ in 0..<Workload.fieldsPerLine {
                across.addSignal(of: DeviceID(rawValue: Int32(device)))
                inside.addSignal(of: DeviceID(rawValue: Int32(device)))
            }
            let first = device * Workload.fieldsPerLine
            open(DeviceID(rawValue: Int32(device)), zeros, from: first, in: &across)
            inside.open(
                DeviceID(rawValue: Int32(device)), zeros, from: first, at: Workload.start)
        }
        precondition(WindowPolicy().slots == 2, "BUG: the copy has another number of slots")
        var acrossTime = Workload.start
        var insideTime = Workload.start
        compare(
            "windows", calls: devices * passes, scale, &findings,
            across: { fill(&across, devices, passes, &acrossTime) },
            inside: { fill(&inside, devices, passes, &insideTime) })
    }

    /// What a device's first line does.
    private static func open(
        _ device: DeviceID, _ values: [Double], from first: Int, in store: inout WindowStore
    ) {
        guard let open = store.admit(device, at: Workload.start, arrival: Workload.start) else {
            preconditionFailure("BUG: the first line came too late")
        }
        _ = store.add(
            values, count: values.count, from: SignalID(rawValue: Int32(first)), to: open)
        store.markOpen(open, of: device)
    }

    @inline(never) private static func fill(
        _ store: inout WindowStore, _ devices: Int, _ passes: Int, _ time: inout Timestamp
    ) -> UInt64 {
        var taken: UInt64 = 0
        var values = [Double](repeating: 0, count: Workload.fieldsPerLine)
        for _ in 0..<passes {
            time = time + TimeSpan(nanoseconds: 1_000)
            for device in 0..<Int32(devices) {
                for field in values.indices { values[field] = Double(device) + Double(field) }
                let isTaken = store.addPlainly(
                    values, count: values.count, from: SignalID(rawValue: device &* 4),
                    of: DeviceID(rawValue: device), time: time, arrival: time)
                if isTaken { taken += 1 }
            }
        }
        precondition(taken == UInt64(devices * passes), "BUG: a line was not plain")
        return taken
    }

    @inline(never) private static func fill(
        _ store: inout OneModuleWindows, _ devices: Int, _ passes: Int, _ time: inout Timestamp
    ) -> UInt64 {
        var taken: UInt64 = 0
        var values = [Double](repeating: 0, count: Workload.fieldsPerLine)
        for _ in 0..<passes {
            time = time + TimeSpan(nanoseconds: 1_000)
            for device in 0..<Int32(devices) {
                for field in values.indices { values[field] = Double(device) + Double(field) }
                let isTaken = store.addPlainly(
                    values, count: values.count, from: SignalID(rawValue: device &* 4),
                    of: DeviceID(rawValue: device), time: time, arrival: time)
                if isTaken { taken += 1 }
            }
        }
        precondition(taken == UInt64(devices * passes), "BUG: a line was not plain")
        return taken
    }

    private static func record(_ scale: Scale, _ findings: inout Findings) {
        let workload = Workload(devices: 1, passes: 1)
        let bytes = workload.bytes.span
        var parser = LineParser()
        var position = 0
        let outcome = parser.next(bytes, position: &position, end: bytes.count)
        precondition(outcome == .record, "BUG: a benchmark line was refused")
        let copy = OneModuleRecord(parser.offsets)
        let calls = scale.pick(1_000_000, small: 10_000)
        compare(
            "record", calls: calls, scale, &findings,
            across: {
                // Each result goes into the next call, or the loop would be left with one.
                var sum: UInt64 = 0
                for _ in 0..<calls { sum = read(parser.offsets, sum) }
                return sum
            },
            inside: {
                var sum: UInt64 = 0
                for _ in 0..<calls { sum = read(copy, sum) }
                return sum
            })
    }

    /// What the engine asks of a record with four numbers.
    @inline(never) private static func read(
        _ offsets: borrowing LineOffsets, _ salt: UInt64
    ) -> UInt64 {
        var sum = salt &+ UInt64(offsets.seriesKeyEnd &- offsets.seriesKeyStart)
        for field in 0..<offsets.fieldCount where offsets.fieldKind(field) != .string {
            sum = sum &* 31 &+ UInt64(offsets.fieldKeyStart(field))
            sum = sum &* 31 &+ UInt64(offsets.fieldKeyEnd(field))
            sum = sum &* 31 &+ offsets.fieldDouble(field).bitPattern
        }
        return sum
    }

    @inline(never) private static func read(
        _ offsets: borrowing OneModuleRecord, _ salt: UInt64
    ) -> UInt64 {
        var sum = salt &+ UInt64(offsets.seriesKeyEnd &- offsets.seriesKeyStart)
        for field in 0..<offsets.fieldCount where offsets.fieldKind(field) != .string {
            sum = sum &* 31 &+ UInt64(offsets.fieldKeyStart(field))
            sum = sum &* 31 &+ UInt64(offsets.fieldKeyEnd(field))
            sum = sum &* 31 &+ offsets.fieldDouble(field).bitPattern
        }
        return sum
    }

    private static func key(_ scale: Scale, _ findings: inout Findings) {
        let workload = Workload(devices: scale.pick(1_000, small: 50), passes: 1)
        let passes = scale.pick(100, small: 4)
        let keyBytes = 37  // measurement and tags
        // Compared with other memory, as in the table of series: with itself a key is equal unseen.
        let known = workload.bytes + [0]
        compare(
            "key", calls: workload.lines * passes, scale, &findings,
            across: {
                let bytes = workload.bytes.span
                let arena = known.span
                var sum: UInt64 = 0
                for _ in 0..<passes {
                    for line in 0..<workload.lines {
                        let start = line &* Workload.lineBytes
                        let hash = ByteHash.quick(bytes, from: start, to: start &+ keyBytes)
                        let same = ByteHash.equal(bytes, start, arena, start, count: keyBytes)
                        sum = sum &* 31 &+ hash &+ (same ? 1 : 0)
                    }
                }
                return sum
            },
            inside: {
                let bytes = workload.bytes.span
                let arena = known.span
                var sum: UInt64 = 0
                for _ in 0..<passes {
                    for line in 0..<workload.lines {
                        let start = line &* Workload.lineBytes
                        let hash = OneModuleHash.quick(bytes, from: start, to: start &+ keyBytes)
                        let same = OneModuleHash.equal(
                            bytes, start, arena, start, count: keyBytes)
                        sum = sum &* 31 &+ hash &+ (same ? 1 : 0)
                    }
                }
                return sum
            })
    }
}
