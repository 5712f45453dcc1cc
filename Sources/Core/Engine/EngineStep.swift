package import Detection
package import Primitives
package import Prognosis
package import Tickets
package import Windows

/// Everything the engine decided since the last step: the unit of commitment.
///
/// A step is a value. Names and ids inside it refer to the registry entries it carries itself or
/// that earlier steps carried, so whoever consumes steps in order needs nothing else.
package struct EngineStep: Equatable, Sendable {
    /// One closed window of one device with everything concluded from it.
    package struct Closed: Equatable, Sendable {
        package var frame: WindowFrame
        package var assessment: DeviceAssessment
        /// Risks that brought new evidence; usually empty.
        package var risks: [ComponentRisk]
        /// Set for a window of a backlog: the gateway's time when it was judged, long after its
        /// end.
        package var judgedLate: Timestamp?
    }

    /// Refused or dropped input of one sender for one reason, since the last step.
    package struct Refused: Equatable, Sendable {
        package var source: LineSource
        /// Stable snake_case word, see ``RefusalReason`` and the line protocol's rejections.
        package var reason: String
        package var count: Int
        /// Where in its record the last one was found wrong, counted in bytes from 1.
        package var column: Int
        /// The beginning of the last such record, at most 120 bytes of it, without its newline.
        package var sample: String
        package var time: Timestamp
        /// Set for a stamp that would have been believed in another precision than its listener's.
        package var fits: StampPrecision?
    }

    /// 1, 2, ... in this state directory.
    package var sequence: Int
    /// Time had advanced to here when the step was sealed.
    package var advancedTo: Timestamp
    /// Devices that are new or whose class or attributes changed.
    package var devices: [Device] = []
    package var signals: [Signal] = []
    package var closed: [Closed] = []
    /// Readings of windows that earlier steps have closed; the last of one signal and time counts.
    package var late: [LateReading] = []
    package var changes: [TicketChange] = []
    package var decisions: [TicketDesk.Decision] = []
    package var alerts: [ConditionAlert] = []
    /// Devices that have fallen silent.
    package var silent: [DeviceID] = []
    /// Devices whose clock was found right or wrong.
    package var clocks: [ClockChange] = []
    /// Texts and fault codes that changed.
    package var texts: [TextChange] = []
    package var refused: [Refused] = []
    /// Operators' decisions taken at the step's time, before its windows were judged.
    package var commands: [AppliedCommand] = []
    /// Stamps that were no nanoseconds; for the log.
    package var guesses: [PrecisionGuess] = []
    package var counters: EngineCounters

    package init(sequence: Int, advancedTo: Timestamp, counters: EngineCounters) {
        self.sequence = sequence
        self.advancedTo = advancedTo
        self.counters = counters
    }

    /// Whether anything in it is for the outbox.
    package var hasMessages: Bool {
        !changes.isEmpty || !alerts.isEmpty || texts.contains { $0.isAlert }
            || clocks.contains { $0.isAlert }
    }

    package var isEmpty: Bool {
        devices.isEmpty && signals.isEmpty && closed.isEmpty && changes.isEmpty
            && decisions.isEmpty && alerts.isEmpty && refused.isEmpty && commands.isEmpty
            && guesses.isEmpty && texts.isEmpty && clocks.isEmpty
            && silent.isEmpty && late.isEmpty
    }
}

/// What went through the engine since it started.
package struct EngineCounters: Equatable, Sendable {
    package var linesAccepted: UInt64 = 0
    package var linesRefused: UInt64 = 0
    /// Lines of whatever fate.
    package var lines: UInt64 { linesAccepted &+ linesRefused }
    package var readings: UInt64 = 0
    /// Readings of a signal and time that had come before; the later one counts.
    package var readingsReplaced: UInt64 = 0
    /// Readings among them for windows already closed, which amend those.
    package var readingsAmending: UInt64 = 0
    /// Lines for windows closed too long ago to be amended; dropped.
    package var linesLate: UInt64 = 0
    /// Lines stamped ahead of their arrival; taken at arrival time.
    package var linesRestamped: UInt64 = 0
    /// Lines whose stamps were no nanoseconds and were read as what they fit.
    package var stampsGuessed: UInt64 = 0
    package var textFields: UInt64 = 0
    /// Text fields beyond the limit of texts per device; dropped.
    package var textsRefused: UInt64 = 0
    /// Changes of texts too many within an hour to be kept as events.
    package var textChangesUnkept: UInt64 = 0
    /// Numeric fields beyond the limit of signals per device; dropped.
    package var readingsRefused: UInt64 = 0
    package var windowsClosed: UInt64 = 0
    /// Maintenance events whose time has come.
    package var maintenanceTaken: UInt64 = 0
    /// Maintenance events beyond the limits of what may wait.
    package var maintenanceRefused: UInt64 = 0

    package init() {}
}
