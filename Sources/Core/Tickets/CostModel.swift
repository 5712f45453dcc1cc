/// What failures and visits cost, in one currency. Absent figures are `nil`.
package struct CostModel: Equatable, Sendable {
    /// An unplanned failure: repair, lost production, penalties.
    package var failure: Double?
    /// A planned repair, parts included.
    package var plannedRepair: Double?
    /// A visit that finds nothing.
    package var visit: Double?
    /// ISO 4217 code.
    package var currency: String?

    package init(
        failure: Double? = nil, plannedRepair: Double? = nil, visit: Double? = nil,
        currency: String? = nil
    ) {
        self.failure = failure
        self.plannedRepair = plannedRepair
        self.visit = visit
        self.currency = currency
    }

    /// The risk above which acting is cheaper than waiting: p* = C_N / (C_F - C_P + C_N), with C_F
    /// failure, C_P planned repair, C_N visit without finding. `nil` when a figure is missing or
    /// the planned repair is not cheaper than the failure.
    package var breakEvenRisk: Double? {
        guard let failure, let plannedRepair, let visit, failure > plannedRepair, visit > 0
        else { return nil }
        return visit / (failure - plannedRepair + visit)
    }
}
