import Primitives

/// What a series usually is at this hour of the day and of the week (UTC): the mean of the hour of
/// the day, and of the hour of the week what it differs from that, believed the more the more hours
/// of it were seen.
struct HourProfile<Stored: StoredValue>: Equatable, Sendable {
    private static var day: Int { 24 }
    private static var week: Int { 168 }

    /// Means of the hours of the day, then those of the week.
    private var means: [Stored]
    /// How many values are in each; no more is counted than fits.
    private var counts: [UInt16]

    init() {
        means = [Stored](repeating: 0, count: Self.day + Self.week)
        counts = [UInt16](repeating: 0, count: Self.day + Self.week)
    }

    /// Of the hour of the day and of the week. Weeks begin on Thursday, as 1970 did.
    private static func places(of time: Timestamp) -> (day: Int, week: Int) {
        let hour: Int64 = 3_600_000_000_000
        let hours = time.nanoseconds / hour - (time.nanoseconds % hour < 0 ? 1 : 0)
        let ofWeek = Int((hours % Int64(week) + Int64(week)) % Int64(week))
        return (ofWeek % day, day + ofWeek)
    }

    /// What a value differs from its hour, of the week and of the day alone; 0 while the hour of
    /// the day was never seen. Takes it in. `hourReadings` values make an hour of the week half
    /// believed.
    mutating func take(
        _ value: Double, at time: Timestamp, hourReadings: Double
    ) -> (residual: Double, deviation: Double) {
        let (ofDay, ofWeek) = Self.places(of: time)
        let usual = Double(means[ofDay])
        let distance = value - usual
        var residual = 0.0
        var deviation = 0.0
        if counts[ofDay] > 0 {
            let number = Double(counts[ofWeek])
            residual = value - (usual + Double(means[ofWeek]) * (number / (number + hourReadings)))
            deviation = distance.magnitude
        }
        let weekly = Double(means[ofWeek])
        means[ofWeek] = Stored(
            weekly + (distance - weekly) * max(1 / (Double(counts[ofWeek]) + 1), 0.03))
        means[ofDay] = Stored(usual + distance * max(1 / (Double(counts[ofDay]) + 1), 0.01))
        for place in [ofWeek, ofDay] where counts[place] < .max { counts[place] += 1 }
        return (residual, deviation)
    }
}

extension HourProfile {
    func encode(into state: inout StateWriter) {
        for value in means { value.encode(into: &state) }
        for count in counts { state.put(count) }
    }

    init(from state: inout StateReader) throws(StateFailure) {
        self.init()
        for place in means.indices { means[place] = try Stored(from: &state) }
        for place in counts.indices { counts[place] = try state.uint16() }
    }
}
