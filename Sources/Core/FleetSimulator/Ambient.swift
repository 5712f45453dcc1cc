internal import Primitives

/// Where a machine stands; a site has one weather.
enum Site: Int, CaseIterable, Sendable {
    case north, south, east, west

    var name: String { String(describing: self) }
}

/// Air temperature at a site: season, hour of day and weather.
///
/// Weather is an AR(1) sequence of hourly values (sd 3 K, memory two days) with straight lines
/// between them, so that it is the same at every reading interval. Season and day are cosines,
/// warmest in late July and at 15:00 UTC (northern hemisphere, close to Greenwich).
struct Ambient: Sendable {
    /// degC.
    private(set) var temperature: Double

    private let annualMean: Double
    private let seasonSwing: Double
    private let daySwing: Double
    private var hour: Int64
    private var previous: Double
    private var weather: CorrelatedNoise
    private var random: Random

    init(site: Site, fleetSeed: UInt64, start: Timestamp) {
        random = Random(seed: ByteHash.hash(parts: ["weather", site.name], seed: fleetSeed))
        annualMean = random.uniform(9, 16)
        seasonSwing = random.uniform(7, 11)
        daySwing = random.uniform(3, 5)
        hour = Ambient.hour(of: start)
        weather = CorrelatedNoise(correlationTime: 172_800, step: 3_600, random: &random)
        previous = weather.value
        weather.advance(&random)
        temperature = annualMean
        advance(to: start)
    }

    mutating func advance(to time: Timestamp) {
        let current = Ambient.hour(of: time)
        while hour < current {
            previous = weather.value
            weather.advance(&random)
            hour += 1
        }
        let seconds = Double(time.nanoseconds) / 1e9
        let fraction = seconds / 3_600 - Double(hour)
        let days = seconds / 86_400
        // 1970-07-25 is day 205; the year is taken as 365.2425 days.
        let season = Math.cosine(2 * .pi * (days - 205) / 365.2425)
        let day = Math.cosine(2 * .pi * (days - 15.0 / 24))
        let drift = previous + (weather.value - previous) * fraction
        temperature = annualMean + seasonSwing * season + daySwing * day + 3 * drift
    }

    private static func hour(of time: Timestamp) -> Int64 {
        time.floored(to: .hours(1)).nanoseconds / TimeSpan.hours(1).nanoseconds
    }
}
