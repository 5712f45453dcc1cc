import Primitives

/// The windows a device is learned from, until its baselines are fitted.
///
/// Bounded: at most ``maximumRows`` rows are kept; with more windows in the commissioning time than
/// that, every n-th is, and where nobody knows how many there will be, every other of those kept
/// gives way when there are too many. Freed once the baselines are fitted.
struct CommissioningRecord: Equatable, Sendable {
    static let maximumRows = 512

    /// Window means by signal position, NaN where absent.
    private(set) var rows: [[Double]] = []
    /// Standard deviation within each kept window, by signal position, NaN where unknown.
    private(set) var scatter: [[Double]] = []
    private(set) var elapsed = TimeSpan.zero
    private var stride = 1
    private var seen = 0

    init(_ policy: DetectionPolicy, window: TimeSpan) {
        guard policy.tick == .window else { return }
        let expected = policy.commissioning.nanoseconds / max(window.nanoseconds, 1)
        stride = max(1, Int((expected + Int64(Self.maximumRows) - 1) / Int64(Self.maximumRows)))
    }

    /// `span` is the time the window stands for.
    mutating func add(means: [Double], scatter deviations: [Double], span: TimeSpan) {
        elapsed = elapsed + span
        seen += 1
        guard seen % stride == 0 else { return }
        if rows.count == Self.maximumRows { thinOut() }
        rows.append(means)
        scatter.append(deviations)
    }

    private mutating func thinOut() {
        rows = rows.indices.filter { $0 % 2 == 1 }.map { rows[$0] }
        scatter = scatter.indices.filter { $0 % 2 == 1 }.map { scatter[$0] }
        stride *= 2
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

extension CommissioningRecord {
    func encode(into state: inout StateWriter) {
        state.put(each: rows) { $0.put($1) }
        state.put(each: scatter) { $0.put($1) }
        state.put(elapsed)
        state.put(stride)
        state.put(seen)
    }

    /// Continues a record kept under the same class.
    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        rows = try state.array { (state) throws(StateFailure) in try state.doubles() }
        scatter = try state.array { (state) throws(StateFailure) in try state.doubles() }
        elapsed = try state.timeSpan()
        stride = try state.int()
        seen = try state.int()
        guard rows.count == scatter.count, rows.count <= Self.maximumRows, seen >= 0, stride > 0
        else { throw .invalid("commissioning record") }
    }
}
