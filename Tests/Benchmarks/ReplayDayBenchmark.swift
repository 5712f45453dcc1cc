import Engine
import FleetSimulator
import Logging
import Platform
import Primitives
import Store

/// A day of a pump station through engine and store, in this process and on one thread: what a
/// replay does without its queues and files. The simulator's own time is not counted.
///
/// The reference is the same day without the store. Peak memory is that of the whole process
/// (`VmHWM`), which holds one block of lines at a time; it is meaningful only when nothing ran
/// before, so this benchmark runs first.
enum ReplayDayBenchmark {
    private static let blockBytes = 65_536

    static func run(_ scale: Scale) throws -> Findings {
        var findings = Findings("replay-day")
        let options = FleetOptions(
            devices: scale.pick(50, small: 5), days: 1,
            interval: .seconds(Int64(scale.pick(10, small: 60))))
        var rates: [Double] = []
        var engineRates: [Double] = []
        var last = Day()
        for _ in 0..<scale.pick(3, small: 1) {
            last = try replay(options, stored: true)
            rates.append(last.rate)
            engineRates.append(try replay(options, stored: false).rate)
        }
        let windows = Double(last.counters.windowsClosed)
        findings.add(
            "readings", Stopwatch.median(rates), "readings/CPU s",
            reference: Stopwatch.median(engineRates))
        findings.add("peak", Double(ProcessUsage.peakResidentBytes) / 1e6, "MB")
        findings.add("disk", Double(last.databaseBytes) / windows, "bytes/window")
        findings.fold(last.counters.readings)
        findings.fold(last.counters.windowsClosed)
        findings.fold(UInt64(last.changes))
        return findings
    }

    private struct Day {
        var counters = EngineCounters()
        var seconds = 0.0
        var changes = 0
        var databaseBytes: UInt64 = 0

        var rate: Double { Double(counters.readings) / seconds }
    }

    private static func replay(_ options: FleetOptions, stored: Bool) throws -> Day {
        let configuration = Workload.configuration(clock: .event)
        let directory = try TemporaryDirectory()
        let state = try StateDirectory(creating: directory.path + "/state")
        let database = try StateDatabase(opening: state)
        var writer = try StepWriter(
            database, configuration: configuration.completed, configurationVersion: "bench",
            gateway: "bench", logger: Logger(label: "bench"))
        var engine = TelemetryEngine(configuration)
        var day = Day()
        var changes = 0
        var failure: (any Error)?
        // A closure that cannot throw: the first failure is kept and thrown at the end.
        let emit: (EngineStep) -> Void = { step in
            changes += step.changes.count
            guard stored, failure == nil else { return }
            do { _ = try writer.write(step) } catch { failure = error }
        }
        var fleet = Fleet(options)
        var block: [UInt8] = []
        while fleet.next(into: &block) != nil {
            guard block.count >= blockBytes else { continue }
            feed(&block, to: &engine, &day, emit)
        }
        feed(&block, to: &engine, &day, emit)
        let start = ProcessUsage.cpuSeconds
        engine.finish(emit: emit)
        day.seconds += ProcessUsage.cpuSeconds - start
        try database.close()
        if let failure { throw failure }
        day.counters = engine.counters
        day.changes = changes
        day.databaseBytes = try InputFile(path: state.databasePath).size ?? 0
        return day
    }

    private static func feed(
        _ block: inout [UInt8], to engine: inout TelemetryEngine, _ day: inout Day,
        _ emit: (EngineStep) -> Void
    ) {
        let start = ProcessUsage.cpuSeconds
        engine.ingest(
            block.span, from: 0, to: block.count, source: .file(0), arrivedAt: .distantPast,
            emit: emit)
        // As the engine's thread does a few times a second.
        engine.flush(emit: emit)
        day.seconds += ProcessUsage.cpuSeconds - start
        block.removeAll(keepingCapacity: true)
    }
}
