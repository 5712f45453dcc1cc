package import Primitives
package import Windows

/// Remaining useful life with its 90 % interval (ISO 13381-1).
package struct RemainingLife: Equatable, Sendable {
    package var p05: TimeSpan
    package var p50: TimeSpan
    /// `nil` when even a year may pass.
    package var p95: TimeSpan?

    package init(p05: TimeSpan, p50: TimeSpan, p95: TimeSpan?) {
        self.p05 = p05
        self.p50 = p50
        self.p95 = p95
    }

    /// The same life, seen `elapsed` later.
    func after(_ elapsed: TimeSpan) -> RemainingLife {
        func shortened(_ span: TimeSpan) -> TimeSpan {
            TimeSpan(nanoseconds: max(0, span.nanoseconds - elapsed.nanoseconds))
        }
        return RemainingLife(p05: shortened(p05), p50: shortened(p50), p95: p95.map(shortened))
    }
}

/// Why a component has, or has not, a probability of failure and a date.
package enum RiskReason: String, CaseIterable, Sendable {
    /// A trend towards a limit carries a date.
    case trendToLimit = "trend_to_limit"
    /// The baseline is not learned yet.
    case learning
    /// No signal of the component has a limit to walk to.
    case noLimit = "no_limit"
    /// Too few blocks of running time so far.
    case tooShort = "too_short"
    /// No signal of the component walks towards its limit.
    case noTrend = "no_trend"
}

/// The prognosis of one component at one instant.
package struct ComponentRisk: Equatable, Sendable {
    /// Place of the component in the class.
    package var component: Int
    package var reason: RiskReason
    package var horizon: TimeSpan
    /// P(functional failure within `horizon`); `nil` where nothing justifies a number.
    package var probability: Double?
    package var remaining: RemainingLife?
    /// The signal that reaches its limit first.
    package var leading: SignalID?
    /// `true` when this instant brought new evidence, not only the passing of time.
    package var isNew: Bool
}

extension ComponentRisk {
    func encode(into state: inout StateWriter) {
        state.put(reason.rawValue)
        state.put(horizon)
        state.put(probability) { $0.put($1) }
        state.put(remaining) { state, life in
            state.put(life.p05)
            state.put(life.p50)
            state.put(life.p95) { $0.put($1) }
        }
        state.put(leading) { $0.put(Int($1.rawValue)) }
    }

    init(
        from state: inout StateReader, component: Int,
        signal: (Int) throws(StateFailure) -> SignalID
    ) throws(StateFailure) {
        self.component = component
        reason = try state.word(RiskReason.self)
        horizon = try state.timeSpan()
        probability = try state.optional { (state) throws(StateFailure) in try state.double() }
        remaining = try state.optional { (state) throws(StateFailure) in
            RemainingLife(
                p05: try state.timeSpan(), p50: try state.timeSpan(),
                p95: try state.optional { (state) throws(StateFailure) in
                    try state.timeSpan()
                })
        }
        leading = try state.bool() ? try signal(try state.int()) : nil
        isNew = false
    }
}
