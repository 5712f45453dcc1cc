import FleetSimulator
import Primitives
import Testing

/// What the telemetry shows is what the machine is going through.
@Suite struct PhysicsTests {
    static let alert = 4.5

    /// The median of one field over running lines within the given time is in the range.
    private func check(
        _ lines: [Recording.Line], field: Int, from: Timestamp, to: Timestamp,
        _ expected: ClosedRange<Double>, _ location: SourceLocation = #_sourceLocation
    ) {
        let values = lines.filter { $0.time >= from && $0.time < to }.map { $0.values[field] }
        let centre = median(values)
        #expect(
            expected.contains(centre),
            "\(Recording.fields[field]) is \(centre), n = \(values.count)",
            sourceLocation: location)
    }

    @Test func pfIntervalsHaveTheStatedQuantiles() {
        var random = Random(seed: 1)
        let days = (0..<5_000)
            .map { _ in LifeDistribution.drawPFInterval(&random).seconds / 86_400 }.sorted()
        #expect((28.5...31.5).contains(days[2_500]), "median \(days[2_500]), seed 1")
        #expect((4.5...5.5).contains(days[500]), "10 % quantile \(days[500]), seed 1")
    }

    @Test func livesHaveTheConfiguredMean() {
        var random = Random(seed: 2)
        let mean = TimeSpan.days(100)
        func average(age: TimeSpan) -> Double {
            (0..<5_000).reduce(0) { sum, _ in
                sum
                    + LifeDistribution.drawTimeToOnset(mean: mean, age: age, random: &random)
                    .seconds / 86_400 / 5_000
            }
        }
        let new = average(age: .zero)
        let old = average(age: .days(100))
        #expect((97...103).contains(new), "mean \(new), seed 2")
        #expect(old > 20 && old < 70, "an old part has less before it: \(old), seed 2")
    }

    @Test func healthyMachinesStayInTheirZonesForNinetyDays() {
        let recording = Recording(
            FleetOptions(
                devices: 5, days: 90, seed: 5, interval: .minutes(15), scenario: .healthy))
        #expect(recording.truth == [])
        #expect(recording.maintenance == [])
        let vibration = recording.lines.map { $0.values[Recording.vibration] }
        let above = vibration.count { $0 >= Self.alert }
        // One reading in ten thousand is an outlier, half of them upwards.
        #expect(above <= vibration.count / 10_000, "\(above) of \(vibration.count)")
        for device in Set(recording.lines.map(\.device)) {
            let values = recording.running(device).map { $0.values[Recording.vibration] }
            let level = median(values)
            #expect((1.15...2.25).contains(level), "\(device) vibrates with \(level)")
            #expect(values.count { $0 > 1.8 * level } < values.count / 500)
            // Healthy is not dull: load, medium and sensor move it by some percent.
            #expect(standardDeviation(values) > 0.05 * level)
        }
        let still = recording.lines.filter { $0.values[Recording.flow] < 0.5 }
        #expect((0.03...0.07).contains(median(still.map { $0.values[Recording.vibration] })))
    }

    @Test(arguments: [7, 12, 40] as [UInt64])
    func wearShowsFromOnsetToFailure(_ seed: UInt64) throws {
        let options = FleetOptions(
            devices: 1, days: 36, seed: seed, interval: .minutes(4),
            scenario: .bearingWear(onset: .days(6), pfInterval: .days(24)))
        let recording = Recording(options)
        let event = try #require(recording.truth.first)
        let failure = try #require(event.failure)
        #expect(recording.truth.count == 1)
        #expect(event.onset == options.start + .days(6))
        #expect(failure >= event.onset + .days(24))
        let lines = recording.running()
        let last = try #require(lines.last { $0.time < failure }).time
        let stopped = recording.lines.filter {
            $0.time >= failure && $0.time < failure + .hours(23)
        }
        #expect(stopped.allSatisfy { !$0.isRunning })
        let nearEnd = last - .hours(3)
        check(lines, field: Recording.vibration, from: options.start, to: event.onset, 1.15...2.25)
        check(lines, field: Recording.vibration, from: nearEnd, to: failure, 7...12)
        check(lines, field: Recording.kurtosis, from: options.start, to: event.onset, 2.8...3.3)
        check(lines, field: Recording.kurtosis, from: nearEnd, to: failure, 3.2...4.4)
        check(
            lines, field: Recording.vibration, from: failure + .days(1), to: .distantFuture,
            1.15...2.25)
        let days = (6..<30).map { day in
            median(
                lines.filter { $0.time >= options.start + .days(day) }
                    .prefix { $0.time < options.start + .days(day + 1) }
                    .map { $0.values[Recording.kurtosis] })
        }
        let peak = days.filter { !$0.isNaN }.max() ?? 0
        #expect((5.5...10.5).contains(peak), "kurtosis peaks at \(peak), seed \(seed)")
        checkTemperature(lines, options.start, event.onset, nearEnd, failure)
    }

    /// Excess over ambient, which takes the weather out.
    private func checkTemperature(
        _ lines: [Recording.Line], _ start: Timestamp, _ onset: Timestamp, _ nearEnd: Timestamp,
        _ failure: Timestamp
    ) {
        func rise(_ from: Timestamp, _ to: Timestamp) -> Double {
            median(
                lines.filter { $0.time >= from && $0.time < to }
                    .map { $0.values[Recording.temperature] - $0.values[Recording.ambient] })
        }
        let excess = rise(nearEnd, failure) - rise(start, onset)
        #expect((8...45).contains(excess), "the bearing is \(excess) K too warm")
    }

    /// Residuals around a moving median of 31 readings, in the last third of the P-F interval.
    @Test(arguments: [7, 12, 40] as [UInt64])
    func symptomsAreNoisy(_ seed: UInt64) throws {
        let options = FleetOptions(
            devices: 1, days: 32, seed: seed, interval: .minutes(4),
            scenario: .bearingWear(onset: .days(3), pfInterval: .days(27)))
        let recording = Recording(options)
        let event = try #require(recording.truth.first)
        let lines = recording.running()
        let healthy = median(
            lines.filter { $0.time < event.onset }.map { $0.values[Recording.vibration] })
        let end = event.onset + .days(27)
        let late = lines.filter { $0.time >= end - .days(9) && $0.time < end }
            .map { $0.values[Recording.vibration] }.filter { !$0.isNaN }
        var relative: [Double] = []
        for index in stride(from: 15, to: late.count - 15, by: 3) {
            let centre = median(Array(late[index - 15...index + 15]))
            relative.append((late[index] - centre) / (centre - healthy))
        }
        let noise = standardDeviation(relative)
        #expect(relative.count > 300)
        #expect(noise >= 0.1 && noise < 0.3, "noise is \(noise) of the excursion, seed \(seed)")
    }

    @Test func seasonAndHourAreInTheAir() {
        let recording = Recording(
            FleetOptions(devices: 1, days: 365, seed: 4, interval: .hours(1), scenario: .healthy))
        func air(_ isIncluded: (CalendarTime) -> Bool) -> Double {
            median(
                recording.lines.filter { isIncluded(CalendarTime($0.time)) }
                    .map { $0.values[Recording.ambient] })
        }
        let season = air { $0.month == 7 } - air { $0.month == 1 }
        let day = air { $0.hour == 15 } - air { $0.hour == 3 }
        #expect((10...26).contains(season), "July is \(season) K warmer than January")
        #expect((4...12).contains(day), "afternoons are \(day) K warmer than nights")
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func aLooseConnectorScattersAroundTheTruth(_ seed: UInt64) {
        var options = FleetOptions(devices: 1, days: 12, seed: seed, interval: .minutes(2))
        options.scenario = .healthy
        let healthy = Recording(options).running()
        options.scenario = .noisySensor(onset: .days(2))
        let recording = Recording(options)
        #expect(recording.truth.map(\.fault.name) == ["noisy_sensor"])
        #expect(recording.maintenance == [])
        let noisy = recording.running()
        let level = median(healthy.map { $0.values[Recording.vibration] })
        let sigma = standardDeviation(healthy.map { $0.values[Recording.vibration] })
        var far = 0
        for day in 2..<12 as Range<Int64> {
            func readings(_ lines: [Recording.Line]) -> [Double] {
                lines.filter { $0.time >= options.start + .days(day) }
                    .prefix { $0.time < options.start + .days(day + 1) }
                    .map { $0.values[Recording.vibration] }
            }
            let values = readings(noisy)
            guard values.count > 300 else { continue }
            let ratio = median(values) / median(readings(healthy))
            #expect((0.9...1.1).contains(ratio), "day \(day) is off by \(ratio), seed \(seed)")
            far += values.count { abs($0 - level) > 3 * sigma }
        }
        let usual = healthy.count { abs($0.values[Recording.vibration] - level) > 3 * sigma }
        #expect(far > 200 && far > 10 * usual, "\(far) far readings, \(usual) usual, seed \(seed)")
    }
}
