import Detection

/// Keys of `[class.NAME.signal.FIELD]`.
enum SignalKeys {
    static let section = ["class", "NAME", "signal", "FIELD"]

    static let all: [ConfigurationKey<SignalPolicy>] = [
        key("unit", \.unit, .line(), "Unit of the readings, as printed in evidence."),
        key(
            "kind", \.kind, .choice,
            "What its numbers mean: `gauge`, a measured quantity; `counter`, a meter that only "
                + "grows or begins again at zero, whose rate per second takes its place; `state`, "
                + "whose changes are counted. Booleans are states by themselves."),
        key(
            "crossings_of", \.crossingsOf, ValueForm<Double>.number().optional,
            unit: "the signal's unit",
            "How often the signal passes this level, either way, is counted for every window."),
        key(
            "quantiles", \.quantiles, .flag,
            "Whether its windows have the quantiles p50, p95 and p99 too."),
        key(
            "direction", \.direction, .choice,
            "Which way the signal moves when the machine gets worse."),
        limitKey("alarm_high", \.limits.alarmHigh, "At or above it the machine needs attention."),
        limitKey("trip_high", \.limits.tripHigh, "At or above it the machine must not run."),
        limitKey("alarm_low", \.limits.alarmLow, "At or below it the machine needs attention."),
        limitKey("trip_low", \.limits.tripLow, "At or below it the machine must not run."),
        limitKey(
            "physical_low", \.limits.physicalLow, "A reading below it is a broken sensor."),
        limitKey(
            "physical_high", \.limits.physicalHigh, "A reading above it is a broken sensor."),
        key(
            "minimum_deviation", \.minimumDeviation, .number(0), unit: "the signal's unit",
            "Smaller deviations from the baseline never count."),
        key(
            "explained_by", \.explainedBy, .names(),
            "Signals of the same device, such as load or ambient temperature, that explain part "
                + "of this one."),
    ]

    private static func key<Value>(
        _ name: String, _ target: Target<SignalPolicy, Value>,
        _ form: ValueForm<Value>, unit: String = "", _ summary: String
    ) -> ConfigurationKey<SignalPolicy> {
        ConfigurationKey(
            name, target, form, in: section,
            standard: SignalPolicy(name: ""), unit: unit, summary)
    }

    private static func limitKey(
        _ name: String, _ target: Target<SignalPolicy, Double?>,
        _ summary: String
    ) -> ConfigurationKey<SignalPolicy> {
        key(
            name, target, ValueForm<Double>.number().optional, unit: "the signal's unit", summary)
    }
}
