package import Windows

/// What a class of machine says about one of its signals.
package struct SignalPolicy: Equatable, Sendable {
    /// Field name (`vibration_rms`) or full signal name (`pump.vibration_rms`).
    package var name: String
    /// As printed in evidence; empty when unknown.
    package var unit: String
    package var direction: DeviationDirection
    package var limits: SignalLimits
    package var kind: SignalKind
    /// How often the signal passes this level is counted, either way.
    package var crossingsOf: Double?
    /// Its windows have quantiles.
    package var quantiles: Bool
    /// Deviations smaller than this, in the signal's unit, never count.
    package var minimumDeviation: Double
    /// Names of signals of the same device that explain part of this one (load, ambient
    /// temperature): the baseline is a regression on them.
    package var explainedBy: [String]

    package init(
        name: String, unit: String = "", direction: DeviationDirection = .both,
        limits: SignalLimits = SignalLimits(), minimumDeviation: Double = 0,
        explainedBy: [String] = [], kind: SignalKind = .gauge, crossingsOf: Double? = nil,
        quantiles: Bool = false
    ) {
        self.name = name
        self.unit = unit
        self.direction = direction
        self.limits = limits
        self.minimumDeviation = minimumDeviation
        self.explainedBy = explainedBy
        self.kind = kind
        self.crossingsOf = crossingsOf
        self.quantiles = quantiles
    }

    /// What its windows have beyond those of every signal.
    package var statistics: FurtherStatistics {
        FurtherStatistics(
            countsChanges: kind == .state, crossingsOf: crossingsOf, isCounter: kind == .counter,
            wantsQuantiles: quantiles)
    }

    /// `true` when `signal` (`measurement.field[,tag=value...]`) is meant by this policy's name.
    package func matches(signal: String) -> Bool {
        signalName(name, matches: signal)
    }
}

/// What the numbers of a signal mean.
package enum SignalKind: String, CaseIterable, Sendable {
    /// A measured quantity.
    case gauge
    /// A meter: it grows, or begins again at zero. Its rate per second takes its place.
    case counter
    /// A number that stands for a state, or a boolean; how often it changes is counted.
    case state
}

/// Which way a signal moves when the machine gets worse.
package enum DeviationDirection: String, CaseIterable, Sendable {
    case up
    case down
    case both
}

/// Absolute limits of a signal in its own unit; absent ones are `nil`.
///
/// Alarm and trip are the words of ISO 20816-1 (zone boundaries B/C and C/D for vibration). The
/// physical range is what the sensor can say at all: a reading outside is a broken sensor.
package struct SignalLimits: Equatable, Sendable {
    package var alarmHigh: Double?
    package var tripHigh: Double?
    package var alarmLow: Double?
    package var tripLow: Double?
    package var physicalLow: Double?
    package var physicalHigh: Double?

    package init(
        alarmHigh: Double? = nil, tripHigh: Double? = nil, alarmLow: Double? = nil,
        tripLow: Double? = nil, physicalLow: Double? = nil, physicalHigh: Double? = nil
    ) {
        self.alarmHigh = alarmHigh
        self.tripHigh = tripHigh
        self.alarmLow = alarmLow
        self.tripLow = tripLow
        self.physicalLow = physicalLow
        self.physicalHigh = physicalHigh
    }

    /// Where wear ends upwards: the trip limit, else the alarm limit.
    package var upperEnd: Double? { tripHigh ?? alarmHigh }
    /// Where wear ends downwards: the trip limit, else the alarm limit.
    package var lowerEnd: Double? { tripLow ?? alarmLow }
}

/// `true` when `name`, a field name or a full signal name, means `signal`
/// (`measurement.field[,tag=value...]`). A bare field name means the field of any measurement,
/// with or without further tags; `*` means every signal.
package func signalName(_ name: String, matches signal: String) -> Bool {
    if name == signal || name == "*" { return true }
    let untagged = signal.prefix { $0 != "," }
    if untagged == name { return true }
    guard let dot = untagged.firstIndex(of: ".") else { return false }
    return untagged[untagged.index(after: dot)...] == name
}
