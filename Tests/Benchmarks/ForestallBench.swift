// How fast the hot path and the store are on this machine.
//
// What comes in: arguments. What goes out: one table on standard output and, with `--out`, the
// same as one JSON file per benchmark. What always holds: every benchmark folds its work into a
// checksum, so the compiler cannot drop it and two runs of equal size can be compared; times are
// processor times, medians of several rounds. Deliberately absent: thresholds. Whether a figure is
// good is judged by whoever compares it with `results.md`.

import Glibc
import Platform
import Primitives

@main struct ForestallBench {
    private static let usage = """
        Usage: forestall-bench [--small] [--only NAME] [--out DIR]

        Prints figures of the hot path and the store.
          --small      tiny sizes: does everything still work? The figures mean nothing.
          --only NAME  one of: \(benchmarks.map(\.name).joined(separator: ", "))
          --out DIR    also writes DIR/<benchmark>.json
        """

    /// In the order of the table.
    private static let benchmarks: [(name: String, run: @Sendable (Scale) throws -> Findings)] = [
        ("parse", ParseBenchmark.run), ("bind", BindBenchmark.run),
        ("one-module", OneModuleBenchmark.run), ("windows", WindowsBenchmark.run),
        ("detection", DetectionBenchmark.run),
        ("commit", CommitBenchmark.run), ("read", ReadBenchmark.run),
        ("replay-day", ReplayDayBenchmark.run),
    ]

    static func main() {
        guard let options = Options(CommandLine.arguments.dropFirst()),
            options.only.map({ only in benchmarks.contains { $0.name == only } }) ?? true
        else {
            printError(usage)
            exit(64)
        }
        if options.wantsHelp {
            print(usage)
            return
        }
        do {
            try run(options)
        } catch {
            printError("cannot run the benchmarks: \(error)")
            exit(1)
        }
    }

    private static func run(_ options: Options) throws {
        let chosen = benchmarks.filter { options.only == nil || $0.name == options.only }
        var findings: [Findings] = []
        // From the last to the first: peak memory is that of the benchmark that runs first.
        for benchmark in chosen.reversed() {
            findings.insert(try benchmark.run(Scale(isSmall: options.isSmall)), at: 0)
        }
        print(FigureTable.text(findings))
        guard let directory = options.out else { return }
        try Directory.create(directory)
        for finding in findings {
            let file = try OutputFile(path: "\(directory)/\(finding.benchmark).json")
            try file.write(Array(finding.json.utf8).span)
        }
    }

    /// Protection argument for the unsafe code: the bytes are lent for the duration of one call.
    private static func printError(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// The arguments.
private struct Options {
    var isSmall = false
    var wantsHelp = false
    var only: String?
    var out: String?

    /// `nil` when they cannot be understood.
    init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let argument = rest.popFirst() {
            switch argument {
            case "--small": isSmall = true
            case "--help", "-h": wantsHelp = true
            case "--only":
                guard let name = rest.popFirst() else { return nil }
                only = name
            case "--out":
                guard let directory = rest.popFirst() else { return nil }
                out = directory
            default: return nil
            }
        }
    }
}
