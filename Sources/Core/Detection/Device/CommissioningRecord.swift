import Primitives

/// The windows a device is learned from, until its baselines are fitted.
///
/// Bounded: at most ``maximumRows`` rows are kept; with more windows in the commissioning time than
/// that, every n-th is. Freed once the baselines are fitted.
struct CommissioningRecord: Equatable, Sendable {
    static let maximumRows = 512

    /// Window means by signal position, NaN where absent.
    private(set) var rows: [[Double]] = []
    /// Standard deviation within each kept window, by signal position, NaN where unknown.
    private(set) var scatter: [[Double]] = []
    private(set) var elapsed = TimeSpan.zero
    private let stride: Int
    private var seen = 0

    init(commissioning: TimeSpan, window: TimeSpan) {
        let expected = commissioning.nanoseconds / max(window.nanoseconds, 1)
        stride = max(1, Int((expected + Int64(Self.maximumRows) - 1) / Int64(Self.maximumRows)))
    }

    mutating func add(means: [Double], scatter deviations: [Double], window: TimeSpan) {
        elapsed = elapsed + window
        seen += 1
        guard seen % stride == 0, rows.count < Self.maximumRows else { return }
        rows.append(means)
        scatter.append(deviations)
    }

    /// In [0, 1].
    func progress(of commissioning: TimeSpan) -> Double {
        let byTime = elapsed.seconds / max(commissioning.seconds, 1e-9)
        let byRows = Double(rows.count) / Double(Baseline.minimumRows)
        return min(1, byTime, byRows)
    }

    /// Fits the baseline of the signal at `position`.
    func baseline(of position: Int, explainedBy explaining: [Int]) -> Baseline? {
        let within = scatter.compactMap { row -> Double? in
            position < row.count && !row[position].isNaN ? row[position] : nil
        }
        return Baseline.fit(
            target: position, explaining: explaining, rows: rows, withinWindow: within)
    }
}
