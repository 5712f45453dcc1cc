import GRDB
import Primitives

/// Looks whether rows of windows summed up are what their windows, or quarters of an hour, give.
///
/// Stretches that are marked, or whose windows are no longer all kept, say nothing; nor do rows of
/// signals that had windows of another length meanwhile.
struct RollupCheck {
    private let db: Database

    /// Signals looked at together.
    private static let signalsAtOnce: Int64 = 8_192

    init(_ db: Database) { self.db = db }

    /// Rows there are.
    func count() throws -> Int {
        try RollupPeriod.allCases.reduce(0) {
            $0 + (try Int.fetchOne(db, sql: "SELECT count(*) FROM \($1.table)") ?? 0)
        }
    }

    /// One sentence for each row that is not as it should be.
    func findings(most: Int) throws -> [String] {
        var findings: [String] = []
        let last = try Int64.fetchOne(db, sql: "SELECT max(id) FROM signal") ?? 0
        for period in RollupPeriod.allCases {
            for start in try starts(period) {
                let parts = try RollupRows.starts(db, period, start)
                var first: Int64 = 1
                while first <= last, !parts.isEmpty, findings.count < most {
                    let signals = first...min(last, first + Self.signalsAtOnce - 1)
                    findings += try differences(period, start, signals, parts)
                    first = signals.upperBound + 1
                }
            }
        }
        return Array(findings.prefix(most))
    }

    private func starts(_ period: RollupPeriod) throws -> [Timestamp] {
        try Int64.fetchAll(
            db,
            sql: """
                SELECT start FROM rollup WHERE period_s = ? AND changed IS NULL ORDER BY start
                """, arguments: [period.rawValue]
        ).map(Timestamp.init(nanoseconds:))
    }

    private func differences(
        _ period: RollupPeriod, _ start: Timestamp, _ signals: ClosedRange<Int64>,
        _ parts: [Int64]
    ) throws -> [String] {
        let sums = try RollupReader(db, period: period, signals: signals)
            .sums(starts: parts, stretch: start)
        var wrong: [Int64] = []
        let statement = try RowStatement(
            """
            SELECT key, windows, count, min, max, mean, sd, first, last, missing
            FROM \(period.table) WHERE key BETWEEN ? AND ?
            """, db)
        statement.bind(1, WindowKey.packed(start: start, signal: signals.lowerBound))
        statement.bind(2, WindowKey.packed(start: start, signal: signals.upperBound))
        try statement.forEachRow { row in
            let signal = row.integer(0) & (WindowKey.signalsMost - 1)
            let sum = sums[Int(signal - signals.lowerBound)]
            if sum.windows > 0, !Self.agrees(sum, RollupRow(row)) { wrong.append(signal) }
        }
        return try wrong.map { signal in
            let name = try String.fetchOne(
                db,
                sql: """
                    SELECT device.name || '/' || signal.name FROM signal
                        JOIN device ON device.id = signal.device WHERE signal.id = ?
                    """, arguments: [signal])
            return "the row of \(period.table) of \(name ?? "an unknown signal") that starts at "
                + "\(start.nanoseconds) is not what its windows give"
        }
    }

    /// Numbers that are not known are not compared.
    private static func agrees(_ sum: RollupSums, _ row: RollupRow) -> Bool {
        let pairs = [
            (sum.minimum, row.minimum), (sum.maximum, row.maximum), (sum.mean, row.mean),
            (sum.deviation, row.deviation), (sum.first, row.first), (sum.last, row.last),
        ]
        return sum.windows == row.windows && sum.count == row.count && sum.missing == row.missing
            && pairs.allSatisfy { $0 == $1 || $0.isNaN || $1.isNaN || $0.isInfinite }
    }
}
