import GRDB
import Primitives

/// Reads what a stretch of time is made of, for some signals, in order of time.
///
/// A quarter of an hour is made of its windows, and a day of its quarters, and of the windows of
/// signals whose windows are no shorter than a quarter.
struct RollupReader {
    private let db: Database
    private let period: RollupPeriod
    private let signals: ClosedRange<Int64>
    /// Signals whose windows are too long for the table that is read, with their device and the
    /// length of their windows in seconds.
    private let long: [Int64: (device: Int64, length: Double)]

    init(_ db: Database, period: RollupPeriod, signals: ClosedRange<Int64>) throws {
        self.db = db
        self.period = period
        self.signals = signals
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT signal.id, device.id, device.window_s FROM signal
                    JOIN device ON device.id = signal.device
                WHERE device.window_s >= 900 AND signal.id BETWEEN ? AND ?
                """, arguments: [signals.lowerBound, signals.upperBound])
        long = Dictionary(uniqueKeysWithValues: rows.map { ($0[0], ($0[1], $0[2])) })
    }

    /// One for each signal, without windows for those that have none. `starts` are those of
    /// windows or quarters.
    func sums(starts: [Int64], stretch: Timestamp) throws -> [RollupSums] {
        var sums = [RollupSums](repeating: RollupSums(), count: signals.count)
        let part = period == .quarter ? "window" : RollupPeriod.quarter.table
        let windows = period == .quarter ? "1" : "windows"
        let statement = try RowStatement(
            """
            SELECT key, \(windows), count, min, max, mean, sd, first, last, missing FROM \(part)
            WHERE key BETWEEN ? AND ?
            """, db)
        for start in starts.map(Timestamp.init(nanoseconds:)) {
            statement.bind(1, WindowKey.packed(start: start, signal: signals.lowerBound))
            statement.bind(2, WindowKey.packed(start: start, signal: signals.upperBound))
            try statement.forEachRow { row in
                let signal = row.integer(0) & (WindowKey.signalsMost - 1)
                if long[signal] == nil {
                    sums[Int(signal - signals.lowerBound)].add(RollupRow(row))
                }
            }
        }
        let kept = try WindowRemoval.total(db).keptFrom ?? .distantPast
        if period == .day, stretch >= kept { try addLong(to: &sums, stretch: stretch) }
        return sums
    }

    /// Windows start at multiples of their length. The class may have had others before: these are
    /// not looked for.
    private func addLong(to sums: inout [RollupSums], stretch: Timestamp) throws {
        guard !long.isEmpty else { return }
        let statement = try RowStatement(
            """
            SELECT key, 1, count, min, max, mean, sd, first, last, missing FROM window
            WHERE key = ? AND EXISTS (
                SELECT 1 FROM device_score AS score
                WHERE score.start = ? AND score.device = ? AND score."end" = ?)
            """, db)
        for (signal, known) in long where known.length < Double(period.rawValue) {
            let length = TimeSpan(secondsRounded: known.length)
            var start = stretch.floored(to: length)
            if start < stretch { start = start + length }
            while start < stretch + period.length {
                statement.bind(1, WindowKey.packed(start: start, signal: signal))
                statement.bind(2, start.nanoseconds)
                statement.bind(3, known.device)
                statement.bind(4, (start + length).nanoseconds)
                try statement.forEachRow { row in
                    sums[Int(signal - signals.lowerBound)].add(RollupRow(row))
                }
                start = start + length
            }
        }
    }
}

extension RollupRow {
    /// From the columns after the key.
    init(_ row: RowStatement) {
        self.init(
            windows: row.integer(1), count: row.integer(2), minimum: row.real(3),
            maximum: row.real(4), mean: row.real(5), deviation: row.real(6), first: row.real(7),
            last: row.real(8), missing: row.integer(9))
    }
}
