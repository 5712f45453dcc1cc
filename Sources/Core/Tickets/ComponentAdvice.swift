package import Primitives

/// What a class of machine says about servicing one component: everything a technician needs to
/// know before leaving.
package struct ComponentAdvice: Equatable, Sendable {
    package struct Part: Equatable, Sendable {
        package var number: String
        package var quantity: Int

        package init(number: String, quantity: Int = 1) {
            self.number = number
            self.quantity = quantity
        }
    }

    package var component: String
    /// ISO 14224 failure mode, or the owner's own word for it.
    package var failureMode: String
    /// What to do, one sentence.
    package var action: String
    /// What to look at first, one sentence.
    package var firstCheck: String
    package var parts: [Part]
    package var skill: String
    package var durationMinutes: Int?
    /// Time from the decision to a technician with the part at the machine.
    package var leadTime: TimeSpan
    package var cost: CostModel

    package init(
        component: String, failureMode: String = "unknown", action: String = "",
        firstCheck: String = "", parts: [Part] = [], skill: String = "",
        durationMinutes: Int? = nil, leadTime: TimeSpan = .days(2), cost: CostModel = CostModel()
    ) {
        self.component = component
        self.failureMode = failureMode
        self.action = action
        self.firstCheck = firstCheck
        self.parts = parts
        self.skill = skill
        self.durationMinutes = durationMinutes
        self.leadTime = leadTime
        self.cost = cost
    }
}
