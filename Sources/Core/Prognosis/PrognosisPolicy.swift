package import Primitives

/// What a class of machine says about how one component fails.
package struct PrognosisPolicy: Equatable, Sendable {
    package var component: String
    /// P(failure) is given for this much time ahead.
    package var horizon: TimeSpan
    /// Typical time from the first detectable sign to functional failure (the P-F interval of
    /// reliability-centred maintenance); the prior of the wear rate, not a limit.
    package var typicalFailureInterval: TimeSpan

    package init(
        component: String, horizon: TimeSpan = .days(14),
        typicalFailureInterval: TimeSpan = .days(30)
    ) {
        self.component = component
        self.horizon = horizon
        self.typicalFailureInterval = typicalFailureInterval
    }
}
