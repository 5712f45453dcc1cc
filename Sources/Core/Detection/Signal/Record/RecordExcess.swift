package import Primitives

/// Has this signal just done something it has never done? REX, the record-excess ensemble.
///
/// What comes in: one finite value per tick. What goes out: a score, the sum of how far ten
/// features of the series lie outside the range they ever had, in units of that range, and of how
/// rare three deviations are; and whether this is news. What always holds: only the past counts,
/// one set of constants for every series, and a series that repeats itself, however ugly, is
/// silent. A record happens with chance 1/n to unchanged data of any distribution (K. N. Chandler,
/// The distribution and frequency of record values, 1952), so the score needs none to be assumed.
/// Deliberately absent: slow wear, which ranges absorb; that is for what never adapts.
///
/// `Stored` is what long histories are kept in: `Float` in the program, 3 KB a signal, `Double`
/// where figures are compared with those of another implementation. Ranges are always `Double`.
package struct RecordExcess<Stored: StoredValue>: Equatable, Sendable {
    /// What a value scored.
    package struct Score: Equatable, Sendable {
        /// Sum of the excesses and tails; 0 is nothing new, one feature adds at most 1.
        package var raw = 0.0
        /// `raw` where it is news; 0 within one event, until it gets clearly worse.
        package var news = 0.0
        /// What added most.
        package var cause = RecordFeature.value

        package init() {}
    }

    private let pace: RecordPace
    /// Values so far.
    package private(set) var count = 0
    private var levels = SeriesLevels()
    private var recent: RecentValues<Stored>
    private var profile: HourProfile<Stored>
    private var shapes = ShapeMemory<Stored>()
    private var ranges: [RecordRange]
    private var tails: [TailExcess]
    private var refractory = Refractory()
    /// What values are counted from, the first one unless another was given: few bits are enough
    /// for what is left, and an hour of the week that was seen once does not hold the level of the
    /// whole series.
    private var origin: Double?

    package init(pace: RecordPace = RecordPace(), origin: Double? = nil) {
        self.pace = pace
        self.origin = origin
        recent = RecentValues()
        profile = HourProfile()
        ranges = RecordFeature.ranges.map { _ in RecordRange() }
        tails = [TailExcess](repeating: TailExcess(), count: 3)
    }

    /// Takes the next value; `time` says which hour of the day and week it is of (UTC). A value
    /// that is no number changes nothing.
    package mutating func take(_ value: Double, at time: Timestamp) -> Score {
        guard value.isFinite else { return Score() }
        let value = min(max(value, -1e15), 1e15)
        if count == 0 { levels.begin(value) }
        let origin = origin ?? value
        self.origin = origin
        let (features, deviations) = features(of: value, from: origin, at: time)
        var score = Score()
        var most = 0.0
        let floor = 1e-7 * (levels.minimum.magnitude + levels.maximum.magnitude) + 1e-12
        let rate = 1 / Double(count + 1)
        for (place, feature) in RecordFeature.ranges.enumerated() {
            let excess = ranges[place].take(
                features[place], count: count, floor: feature.hasOwnUnit ? 1e-6 : floor,
                isOneSided: feature.isOneSided, keep: pace.keep, rate: rate)
            score.raw += excess
            if excess > most { (most, score.cause) = (excess, feature) }
        }
        for (place, feature) in RecordFeature.tails.enumerated() {
            let tail = tails[place].take(deviations[place], count: count)
            score.raw += tail
            if tail > most { (most, score.cause) = (tail, feature) }
        }
        if count > 0 { score.raw *= Double(count) / (Double(count) + Self.maturity) }
        score.news = refractory.pass(score.raw)
        levels.end(value)
        count += 1
        return score
    }

    /// Begins anew, but keeps what the hours usually are.
    package mutating func restart() {
        var next = Self(pace: pace, origin: origin)
        next.profile = profile
        self = next
    }

    /// Values after which the score counts half.
    private static var maturity: Double { 200 }

    /// The ten features and the three deviations, in the order of ``RecordFeature``.
    private mutating func features(
        of value: Double, from origin: Double, at time: Timestamp
    ) -> (InlineArray<10, Double>, InlineArray<3, Double>) {
        var features = InlineArray<10, Double>(repeating: 0)
        var deviations = InlineArray<3, Double>(repeating: 0)
        let rate = 1 / Double(count + 1)
        recent.add(Stored(value - origin))
        features[0] = value
        features[1] = Math.log(value.magnitude + 0.01 * levels.range + 1e-9)
        let hourly = profile.take(value - origin, at: time, hourReadings: pace.hourReadings)
        features[2] = hourly.residual
        features[3] = levels.smooth(residual: hourly.residual)
        deviations[0] = (value - levels.slow).magnitude
        deviations[1] = hourly.deviation
        features[4] = levels.contrast(value, rate: rate)
        let extremes = recent.extremes(among: count + 1)
        features[5] = Double(extremes.low24) + origin
        features[8] = Double(extremes.low6) + origin
        features[9] = Double(extremes.high12) + origin
        features[6] = levels.volatility(value)
        features[7] = levels.spikes(value, count: count, rate: rate)
        if count >= RecentValues<Stored>.size {
            deviations[2] = shapes.take(
                recent.blockMeans(), deviation: levels.meanDeviation, isTurn: count % 256 == 0)
        }
        return (features, deviations)
    }
}

extension RecordExcess {
    package func encode(into state: inout StateWriter) {
        state.put(count)
        state.put(origin) { $0.put($1) }
        // Only what has taken a value has an origin.
        guard origin != nil else { return }
        levels.encode(into: &state)
        recent.encode(into: &state)
        profile.encode(into: &state)
        shapes.encode(into: &state)
        for range in ranges { range.encode(into: &state) }
        for tail in tails { tail.encode(into: &state) }
        refractory.encode(into: &state)
    }

    /// Goes on with the same pace.
    package mutating func restore(from state: inout StateReader) throws(StateFailure) {
        count = try state.int()
        let origin = try state.optional { (state) throws(StateFailure) in try state.double() }
        guard count >= 0 else { throw .invalid("record") }
        guard origin != nil else { return }
        self.origin = origin
        levels = try SeriesLevels(from: &state)
        recent = try RecentValues(from: &state)
        profile = try HourProfile(from: &state)
        shapes = try ShapeMemory(from: &state)
        for place in ranges.indices { ranges[place] = try RecordRange(from: &state) }
        for place in tails.indices { tails[place] = try TailExcess(from: &state) }
        refractory = try Refractory(from: &state)
    }
}
