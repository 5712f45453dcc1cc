extension TelemetryEngine {
    /// Lets `body` give the engine lines that an earlier process has taken in, some of which are in
    /// committed windows: what is late or refused among them was counted then, and is passed over.
    package mutating func recover(_ body: (inout TelemetryEngine) -> Void) {
        let before = counters
        ledger.isPaused = true
        body(&self)
        ledger.isPaused = false
        counters.linesLate = before.linesLate
        counters.linesRefused = before.linesRefused
        counters.readingsRefused = before.readingsRefused
    }
}
