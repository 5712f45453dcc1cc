/// Lines that an earlier process has taken in.
extension TelemetryEngine {
    /// What of the lines at hand is in committed steps, apart from open windows.
    struct Recovery: Sendable {
        /// So many lines are, counted from the engine's first; zero while nothing is recovered.
        var contained: UInt64 = 0
        /// What was counted of those when they came for the first time.
        var late: UInt64 = 0
        var refused: UInt64 = 0
        var readingsRefused: UInt64 = 0
    }

    /// Lines so far, of whatever fate.
    package var linesTaken: UInt64 { counters.lines }

    /// Lets `body` give the engine lines that an earlier process has taken in, the first `lines` of
    /// which are in committed steps: what is late or refused among those was amended or counted
    /// then, and is passed over.
    package mutating func recover(
        lines: UInt64 = .max, _ body: (inout TelemetryEngine) -> Void
    ) {
        recovery = Recovery(contained: lines == .max ? .max : linesTaken &+ lines)
        body(&self)
        counters.linesLate &-= recovery.late
        counters.linesRefused &-= recovery.refused
        counters.readingsRefused &-= recovery.readingsRefused
        recovery = Recovery()
    }

    /// Whether the line in hand, which was not counted yet, is in a committed step.
    var isContained: Bool { linesTaken < recovery.contained }

    /// Whether the line in hand, which was counted as accepted, is.
    var wasContained: Bool { linesTaken <= recovery.contained }
}
