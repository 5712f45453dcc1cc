import GRDB
import Windows

/// Rows of table `window_further`: what the windows of some signals have beside the statistics of
/// every one.
enum FurtherRows {
    static func write(_ frame: WindowFrame, rows: SeriesRows, in db: Database) throws {
        let hasChanges = frame.summaries.contains { $0.changes != nil }
        guard hasChanges || !frame.quantiles.isEmpty else { return }
        let statement = try RowStatement(
            """
            INSERT INTO window_further (key, changes, p50, p95, p99) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (key) DO NOTHING
            """, db)
        var quantiles = frame.quantiles[...]
        for summary in frame.summaries {
            let own = quantiles.first?.signal == summary.signal ? quantiles.popFirst() : nil
            guard summary.changes != nil || own != nil else { continue }
            statement.bind(1, WindowKey.packed(start: frame.start, signal: rows[summary.signal]))
            statement.bind(2, summary.changes.map(Int64.init))
            statement.bind(3, own?.p50 ?? .nan)
            statement.bind(4, own?.p95 ?? .nan)
            statement.bind(5, own?.p99 ?? .nan)
            try statement.run()
        }
    }
}
