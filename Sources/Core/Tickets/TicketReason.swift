/// Why a ticket was opened, changed, or left alone. Every decision has one, "no" included; the
/// same word stands in log, store, command line and tests.
package enum TicketReason: String, CaseIterable, Sendable {
    // No ticket.
    /// The device's normal state is not learned yet.
    case learning
    /// The machine is off, starting or stopping: nothing to judge.
    case notRunning = "not_running"
    /// Nothing deviates enough.
    case withinNormal = "within_normal"
    /// Something deviates, not for long enough yet.
    case awaitingPersistence = "awaiting_persistence"
    /// The component deviates without a date, and another component of the device has a ticket
    /// that may well be the cause: wear in one place shows in many signals.
    case explainedByOther = "explained_by_other"

    /// Somebody has shelved the device for a while.
    case shelved
    /// Somebody closed a ticket about this; it must clear, worsen or last before another opens.
    case recentlyClosed = "recently_closed"
    /// The device has failed and waits for its repair, or a life of one of its components begins in
    /// this window.
    case inWork = "in_work"
    /// The device is out of use for good; also the reason its tickets are closed.
    case retired

    // Opened, or the reason an open one stands.
    /// The probability of failure within the horizon reached the opening threshold.
    case failureRisk = "failure_risk"
    /// A signal is beyond its alarm limit.
    case alarmLimit = "alarm_limit"
    /// A signal is beyond its trip limit.
    case tripLimit = "trip_limit"
    /// Several signals of the component have been far from normal for long, with no date.
    case persistentDeviation = "persistent_deviation"
    /// The device has stopped sending for longer than its own pauses explain.
    case noTelemetry = "no_telemetry"
    /// Several devices of one site stopped sending together.
    case siteSilent = "site_silent"
    /// The device's clock has been wrong for long.
    case wrongClock = "wrong_clock"
    /// A declared signal has been missing for long while its device speaks.
    case sensorMissing = "sensor_missing"

    // An open ticket changed.
    case severityRose = "severity_rose"
    case severityFell = "severity_fell"
    /// Risk or remaining life moved materially.
    case evidenceChanged = "evidence_changed"
    /// The condition has been absent for the recovery time.
    case conditionCleared = "condition_cleared"
    /// The condition of a recovered ticket came back.
    case conditionReturned = "condition_returned"
    /// A recovered ticket stayed quiet.
    case quietPeriodOver = "quiet_period_over"
    /// The device, or the site, speaks again.
    case telemetryReturned = "telemetry_returned"
    /// What was wrong with the device's telemetry is right again.
    case faultGone = "fault_gone"
    /// A component has one ticket, and something graver is wrong with the device's telemetry.
    case gaveWay = "gave_way"
    case acknowledgedByOperator = "acknowledged_by_operator"
    case plannedByOperator = "planned_by_operator"
    case closedByOperator = "closed_by_operator"
    case reopenedByOperator = "reopened_by_operator"
    /// The component was repaired, replaced or commissioned: the ticket was about the one before.
    case closedByMaintenance = "closed_by_maintenance"

    // An open ticket was left alone.
    case alreadyOpen = "already_open"
    /// Something changed, but the last update is too recent.
    case updateTooSoon = "update_too_soon"
    /// The condition is absent, not for long enough yet.
    case awaitingRecovery = "awaiting_recovery"
}
