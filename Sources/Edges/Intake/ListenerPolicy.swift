package import Primitives

/// What a listener was told about the lines it takes and whom it takes them from.
package struct ListenerPolicy: Hashable, Sendable {
    /// What its senders' stamps count.
    package var precision: StampPrecision
    /// What else it says about its lines: a place in the engine's table, 0 for nothing.
    package var terms: UInt16
    /// Who may send; empty lets everybody. Unix sockets have the permissions of their file instead.
    package var allowed: [AddressRange]
    /// Lines taken from one sender in a second, averaged over ``IntakeLimits/rateBurstTime``; 0
    /// takes as many as come.
    package var linesPerSecond: Int

    package init(
        precision: StampPrecision = .auto, terms: UInt16 = 0, allowed: [AddressRange] = [],
        linesPerSecond: Int = 0
    ) {
        self.precision = precision
        self.terms = terms
        self.allowed = allowed
        self.linesPerSecond = linesPerSecond
    }

    func allows(_ source: LineSource) -> Bool {
        allowed.isEmpty || source.transport == .unix || allowed.contains { $0.contains(source) }
    }
}
