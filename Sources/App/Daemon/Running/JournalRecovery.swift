import Engine
import Intake
import Logging
import Platform
import Primitives
import Store
import Synchronization

/// Gives the engine what an earlier process has written to the journal and no checkpoint contains,
/// before anything new, at the times at which it arrived.
///
/// Windows that were committed after the checkpoint have been folded again by then. What of the
/// journal the last committed step contained and belongs to them comes too late and is passed over,
/// so nothing is counted twice; what is late behind it was late when it came, and amends.
final class JournalRecovery: Sendable {
    private let state: JournalState
    private let terms: UInt64
    private let last: UInt64
    private let committed: JournalPosition?
    private let logger: Logger
    private let contained: Mutex<UInt64>

    /// `last` is the last record there is; what this process writes is not taken in again.
    /// `otherwise` is the number to begin after when the checkpoint does not say one; `committed`
    /// is how much the last committed step contained, all of it when that is not known.
    init(
        _ state: JournalState, terms: UInt64, after otherwise: UInt64, through last: UInt64,
        committed: JournalPosition?, logger: Logger
    ) {
        self.state = state
        self.last = last
        self.terms = terms
        self.committed = committed
        self.logger = logger
        contained = Mutex(otherwise)
    }

    /// What the checkpoint that was taken up says about its input; nil when there was none: then
    /// everything there is counts.
    func begin(at place: String?) {
        guard let place else { return contained.withLock { $0 = 0 } }
        guard let number = JournalPlace.number(place) else { return }
        contained.withLock { $0 = number }
    }

    /// Returns the place up to which the engine contains the journal now; nil when there never was
    /// one. `progress` is called between pieces of work.
    func run(
        _ engine: inout TelemetryEngine, clock: ClockPolicy,
        emit: (EngineStep, InputPosition) -> Void, progress: () -> Void
    ) -> InputPosition? {
        let number = contained.withLock { $0 }
        let committed = self.committed ?? JournalPosition(record: .max, lines: 0)
        // Lines behind the last committed record that were not met yet.
        var ahead = committed.lines
        var outcome = JournalReader.Outcome(last: number)
        do throws(SystemFailure) {
            outcome = try JournalReader(state.files, terms: terms)
                .read(after: number, through: last, progress: progress) { bytes, piece, number in
                    let contained = number <= committed.record ? .max : ahead
                    let before = engine.linesTaken
                    var taken: UInt64 = 0
                    engine.recover(lines: contained) { engine in
                        Self.take(bytes, piece, into: &engine, clock) { step in
                            let taken = step.counters.lines &- before
                            emit(
                                step,
                                contained > taken
                                    ? InputPosition(
                                        file: 0, offset: committed.record, lines: committed.lines)
                                    : InputPosition(file: 0, offset: number - 1, lines: taken))
                        }
                        taken = engine.linesTaken &- before
                    }
                    if number > committed.record { ahead -= min(ahead, taken) }
                }
        } catch {
            outcome.failures.append(error.description)
        }
        tell(outcome)
        return outcome.last > 0 ? InputPosition(file: 0, offset: outcome.last) : nil
    }

    private static func take(
        _ bytes: Span<UInt8>, _ piece: LineSegment, into engine: inout TelemetryEngine,
        _ clock: ClockPolicy, _ emit: (EngineStep) -> Void
    ) {
        // The ticks between the lines were not written down: they follow from the times.
        let tick = piece.arrival.floored(to: clock.tick)
        if clock.source == .wall, tick > engine.reached { engine.advance(to: tick, emit: emit) }
        engine.ingest(
            bytes, from: piece.range.lowerBound, to: piece.range.upperBound, source: piece.source,
            arrivedAt: piece.arrival, precision: piece.precision, terms: Int(piece.terms),
            emit: emit)
    }

    private func tell(_ outcome: JournalReader.Outcome) {
        state.update { state in
            state.recordsRecovered = outcome.records
            state.tornBytes = outcome.tornBytes
        }
        if outcome.records > 0 {
            logger.notice(
                "Lines of the journal taken in again",
                metadata: ["journal.records": "\(outcome.records)"])
        }
        for path in outcome.tornSegments {
            logger.warning(
                "Journal ends in a record that is not whole, which is left out",
                metadata: ["journal.path": "\(path)", "journal.bytes": "\(outcome.tornBytes)"])
        }
        for failure in outcome.failures {
            logger.error(
                "Journal cannot be read; its lines are missing", metadata: ["error": "\(failure)"])
        }
        if outcome.recordsWithoutTerms > 0 {
            logger.warning(
                "Listeners have other tags than when the journal was written; those are left out",
                metadata: ["journal.records": "\(outcome.recordsWithoutTerms)"])
        }
    }
}
