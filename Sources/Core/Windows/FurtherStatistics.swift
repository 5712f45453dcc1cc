/// What is wanted of a signal beyond what is kept of every one; its class says so, and booleans say
/// one of it by themselves.
package struct FurtherStatistics: Equatable, Sendable {
    /// A boolean or a state: how often it changed is counted.
    package var countsChanges = false
    /// A level: how often the signal passed it, either way, is counted.
    package var crossingsOf: Double?
    /// It only grows, or begins again at zero, as a meter does: its rate per second takes its
    /// place.
    package var isCounter = false
    package var wantsQuantiles = false

    package init(
        countsChanges: Bool = false, crossingsOf: Double? = nil, isCounter: Bool = false,
        wantsQuantiles: Bool = false
    ) {
        self.countsChanges = countsChanges
        self.crossingsOf = crossingsOf
        self.isCounter = isCounter
        self.wantsQuantiles = wantsQuantiles
    }

    package var isEmpty: Bool { self == FurtherStatistics() }
}
