package import Primitives

/// What a class of machine says about how it is watched.
package struct DetectionPolicy: Equatable, Sendable {
    package var signals: [SignalPolicy]
    package var components: [ComponentSignals]
    /// When the machine counts as running; without it and `loadSignal`, always.
    package var running: OperatingCondition?
    /// Instead of a condition, the signal whose two levels tell; see ``LoadSplit``.
    package var loadSignal: String?
    /// When a machine that does not run is idle; what is neither is off.
    package var idle: OperatingCondition?
    /// How long a state must last to count.
    package var minimumDuration: TimeSpan
    /// After a start the machine is not judged for this long.
    package var settling: TimeSpan
    /// Running time a new machine is only watched and learned from (ISO 17359 baseline).
    package var commissioning: TimeSpan
    /// The shortest time without telemetry that counts as silence; zero never does.
    package var silentAfter: TimeSpan
    /// What is judged one after another.
    package var tick: Tick

    package enum Tick: String, CaseIterable, Sendable {
        /// Windows of one length.
        case window
        /// Readings as they come, each a window of its own.
        case reading
    }

    package init(
        signals: [SignalPolicy] = [], components: [ComponentSignals] = [],
        running: OperatingCondition? = nil, loadSignal: String? = nil,
        idle: OperatingCondition? = nil, minimumDuration: TimeSpan = .zero,
        settling: TimeSpan = .zero,
        commissioning: TimeSpan = .days(3), silentAfter: TimeSpan = .hours(2),
        tick: Tick = .window
    ) {
        self.signals = signals
        self.components = components
        self.running = running
        self.loadSignal = loadSignal
        self.idle = idle
        self.minimumDuration = minimumDuration
        self.settling = settling
        self.commissioning = commissioning
        self.silentAfter = silentAfter
        self.tick = tick
    }
}

/// Which signals speak for a component (ISO 14224 maintainable item), strongest first.
package struct ComponentSignals: Equatable, Sendable {
    package var name: String
    package var signals: [String]

    package init(name: String, signals: [String]) {
        self.name = name
        self.signals = signals
    }
}
