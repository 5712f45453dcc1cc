import Foundation
import ScheduleSimulation

/// `forestall-simulation [--schedules N] [--seed S] [--seeds FILE]`: runs the schedules of the
/// seeds in FILE, then those of S and the numbers after it. Ends with 1 when something did not
/// hold, and prints the seed, which belongs into FILE.
@main enum ForestallSimulation {
    static func main() {
        var count = 10_000
        var first: UInt64 = 1
        var seeds: [UInt64] = []
        var arguments = CommandLine.arguments.dropFirst()
        while let name = arguments.popFirst() {
            guard let value = arguments.popFirst() else { fail("\(name) needs a value") }
            switch name {
            case "--schedules": count = number(value)
            case "--seed": first = number(value)
            case "--seeds": seeds = read(value)
            default: fail("unknown option \(name)")
            }
        }
        seeds += (0..<UInt64(count)).map { first &+ $0 }
        var coverage = ScheduleTrial.Coverage()
        var failed = 0
        for seed in seeds {
            let trial = ScheduleTrial(Schedule(seed: seed))
            coverage += trial.coverage
            guard let finding = trial.findings.first else { continue }
            failed += 1
            print("seed \(seed): \(finding) (\(trial.findings.count) findings)")
        }
        print(
            """
            \(coverage.schedules) schedules, \(coverage.lines) lines, of these \(coverage.late) \
            late (\(coverage.amending) of which amend where they may), \(coverage.refused) refused, \(coverage.restamped) restamped, \
            \(coverage.replaced) readings replaced, \(coverage.windows) windows, \
            \(coverage.restarts) restarts: \(failed) schedules with findings
            """)
        exit(failed == 0 ? 0 : 1)
    }

    private static func read(_ path: String) -> [UInt64] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            fail("cannot read \(path)")
        }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            number(String(line))
        }
    }

    private static func number<Number: FixedWidthInteger>(_ text: String) -> Number {
        guard let number = Number(text) else { fail("no number: \(text)") }
        return number
    }

    private static func fail(_ words: String) -> Never {
        print(words)
        exit(64)
    }
}
