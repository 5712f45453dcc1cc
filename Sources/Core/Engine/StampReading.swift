import LineProtocol
package import Primitives

/// Lines of one sender whose stamps were no nanoseconds and were read as something else.
package struct PrecisionGuess: Equatable, Sendable {
    package var source: LineSource
    package var precision: StampPrecision
    package var count: Int

    package init(source: LineSource, precision: StampPrecision, count: Int) {
        self.source = source
        self.precision = precision
        self.count = count
    }

    /// Senders and precisions one step tells apart; what is beyond them is in the counter only.
    static let perStep = 64
}

/// Scales the stamp of a line to nanoseconds and judges it.
///
/// collectd sends milliseconds over UDP and nothing in the protocol says so. Today's time in
/// seconds, milliseconds, microseconds and nanoseconds lies a factor of 1,000 apart, while a
/// believable stamp lies within `maximumAge` and `maximumJump` of arrival: so at most one reading
/// of a number is believable, and a guess is never a choice between two. Nothing is guessed with
/// the event clock: a recording may be from any year.
extension TelemetryEngine {
    /// What a stamp was found to be.
    struct StampReading {
        /// `nil` for a line without one.
        var stamp: Timestamp?
        var verdict: EventClock.Verdict
        /// Of a refused stamp: the precision that would have fitted.
        var fits: StampPrecision?
    }

    mutating func readStamp(
        of source: LineSource, precision: StampPrecision, arrival: Timestamp, lateness: TimeSpan,
        trusted: Bool
    ) -> StampReading {
        var reading = StampReading(stamp: nil, verdict: .refuse(.timestampOverflow))
        if parser.offsets.hasTimestamp {
            reading.stamp = precision.time(of: parser.offsets.timestamp)
        }
        if reading.stamp != nil || !parser.offsets.hasTimestamp {
            reading.verdict = clock.judge(
                reading.stamp, arrival: arrival, lateness: lateness, trusted: trusted)
        }
        guard case .refuse = reading.verdict, clock.policy.source == .wall,
            let fits = clock.fittingPrecision(parser.offsets.timestamp, arrival: arrival)
        else { return reading }
        guard precision == .auto else {
            reading.fits = fits
            return reading
        }
        reading.stamp = fits.time(of: parser.offsets.timestamp)
        reading.verdict = clock.judge(
            reading.stamp, arrival: arrival, lateness: lateness, trusted: trusted)
        noteGuess(fits, of: source)
        return reading
    }

    private mutating func noteGuess(_ precision: StampPrecision, of source: LineSource) {
        counters.stampsGuessed += 1
        if let place = pending.guesses.firstIndex(where: {
            $0.source == source && $0.precision == precision
        }) {
            pending.guesses[place].count += 1
        } else if pending.guesses.count < PrecisionGuess.perStep {
            pending.guesses.append(
                PrecisionGuess(source: source, precision: precision, count: 1))
        }
    }
}

extension EventClock {
    /// The precision in which a stamp lies close enough to its arrival to be believed.
    func fittingPrecision(_ stamp: Int64, arrival: Timestamp) -> StampPrecision? {
        let precisions: [StampPrecision] = [
            .milliseconds, .seconds, .microseconds, .nanoseconds,
        ]
        return precisions.first { precision in
            guard let time = precision.time(of: stamp) else { return false }
            return time - arrival <= policy.maximumJump && arrival - time <= policy.maximumAge
        }
    }
}

extension TelemetryEngine {
    /// Counts what the listeners refused before it became lines, beside what the engine refuses.
    /// `reason` is a stable word; `sample` is the beginning of what was refused, if there is any.
    package mutating func noteRefused(
        _ reason: String, isLine: Bool, count: Int, source: LineSource, column: Int = 1,
        sample: Span<UInt8>, at arrival: Timestamp
    ) {
        if isLine { counters.linesRefused += UInt64(count) }
        ledger.note(
            reason, count: count, source: source, column: column, record: sample, start: 0,
            end: sample.count, time: clock.now ?? arrival)
    }
}
