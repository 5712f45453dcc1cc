import Foundation
import Testing

@testable import Detection
@testable import Engine
@testable import Primitives
@testable import Prognosis
@testable import Store
@testable import Tickets
@testable import Windows

/// The CSV and JSON files, to the byte.
@Suite struct ResultFileTests {
    @Test(arguments: [
        (0.1, "0.10000000000000001"), (1, "1"), (-1.5, "-1.5"), (0, "0"), (-0.0, "-0"),
        (1.0 / 3, "0.33333333333333331"), (1e300, "1.0000000000000001e+300"),
        (9_007_199_254_740_994, "9007199254740994"),
        (.leastNonzeroMagnitude, "4.9406564584124654e-324"),
        (123_456_789, "123456789"), (.nan, ""), (.infinity, ""), (-.infinity, ""),
        (-.greatestFiniteMagnitude, "-1.7976931348623157e+308"),
    ])
    func doubles(_ value: Double, _ expected: String) {
        var bytes: [UInt8] = []
        DoubleText.append(value, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    /// Seventeen digits bring every double back.
    @Test func doublesReadBack() {
        var generator = Random(seed: 17)
        for _ in 0..<10_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            var bytes: [UInt8] = []
            DoubleText.append(value, to: &bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(Double(text) == value, "bit pattern \(value.bitPattern)")
        }
    }

    private func check(
        _ name: String, _ steps: [EngineStep], _ expected: String,
        _ write: (String, [EngineStep]) throws -> Void
    ) throws {
        let parent = try TemporaryDirectory()
        try write(parent.path + "/" + name, steps)
        #expect(try parent.text(name) == expected)
    }

    /// The second step of two, with a device whose name needs quotes.
    private var quotedStep: EngineStep {
        var step = EngineStep(sequence: 2, advancedTo: Sample.time, counters: EngineCounters())
        let device = DeviceID(rawValue: 1)
        let signal = SignalID(rawValue: 2)
        step.devices = [Sample.device("P \"a\", left", id: device, signals: [signal])]
        step.signals = [Signal(id: signal, device: device, name: "pump.x,axis=x")]
        step.closed = [
            Sample.closed(
                device: device, summaries: [Sample.summary(signal)],
                signals: [Sample.assessment(signal, score: 0.1, state: .outOfRange, raw: -0.5)],
                risks: [
                    ComponentRisk(
                        component: 0, reason: .noTrend, horizon: .days(14), probability: nil,
                        remaining: nil, leading: nil, isNew: true)
                ])
        ]
        return step
    }

    @Test func scores() throws {
        let start = 1_770_091_800_000_000_000
        let span = "\(start),\(start + 60_000_000_000)"
        try check(
            "scores.csv", [Sample.step(), quotedStep],
            """
            device,signal,window_start,window_end,count,mean,score,raw,state
            P-101,pump.vibration_rms,\(span),60,1.5,0,2.5,abnormal
            P-101,pump.temperature,\(span),60,1.5,0,,normal
            P-101,*,\(span),2,,0.75,4.25,abnormal
            "P ""a"", left","pump.x,axis=x",\(span),60,1.5,0,-2.5,out_of_range
            "P ""a"", left",*,\(span),1,,0.75,4.25,abnormal

            """
        ) { path, steps in
            var file = try ScoresFile(path: path, configuration: Sample.configuration)
            for step in steps { try file.write(step) }
            try file.finish()
        }
    }

    @Test func prognoses() throws {
        try check(
            "prognoses.csv", [Sample.step(), quotedStep],
            """
            device,component,time,horizon_seconds,risk,rul_p05_seconds,rul_p50_seconds,rul_p95_seconds
            P-101,bearing,1770091860000000000,1209600,0.625,432000,777600,
            "P ""a"", left",bearing,1770091860000000000,1209600,,,,

            """
        ) { path, steps in
            var file = try PrognosesFile(path: path, configuration: Sample.configuration)
            for step in steps { try file.write(step) }
            try file.finish()
        }
    }

    @Test func tickets() throws {
        var other = Sample.ticket("1111111111111111")
        other.device = "A-1"
        let second = Sample.change(.updated, revision: 2, time: Sample.time + .minutes(1))
        let sorted = [Sample.change(of: other), Sample.change(), second]
        try check(
            "tickets.jsonl",
            [
                Sample.step(1, changes: [second, Sample.change()]),
                Sample.step(2, changes: [Sample.change(of: other)]),
            ],
            sorted.map { TicketDocument.json($0) + "\n" }.joined()
        ) { path, steps in
            try "before".write(toFile: path, atomically: false, encoding: .utf8)
            var file = try TicketsFile(path: path)
            for step in steps { file.write(step) }
            #expect(FileManager.default.fileExists(atPath: path + ".part"))
            // The old file stays until the new one is whole.
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "before")
            try file.finish()
            #expect(!FileManager.default.fileExists(atPath: path + ".part"))
        }
    }

    @Test func refusedPaths() throws {
        let parent = try TemporaryDirectory()
        func sentence(_ name: String) -> String? {
            do {
                _ = try TicketsFile(path: parent.path + name)
                _ = try ScoresFile(path: parent.path + name, configuration: Sample.configuration)
                return nil
            } catch {
                #expect(error.category == .inputOutput)
                return error.description.replacingOccurrences(of: parent.path, with: "$")
            }
        }
        #expect(
            sentence("/a/b.csv")
                == "cannot write $/a/b.csv: its directory does not exist - create it")
        #expect(
            sentence("/") == "cannot write $/: it is a directory - give the path of a file")
        #expect(sentence("/fine.csv") == nil)
    }
}
