import Primitives
import Testing
import Windows

/// Readings that are kept before they are summed up: order, splitting and repetition leave no
/// trace in windows of as many readings as are kept, and hardly one in others.
@Suite struct RecentReadingsTests {
    private struct Reading: Equatable {
        var signal: Int
        var time: Int64
        var value: Double
    }

    /// Sends readings that may repeat each other to a device of three signals and gives its frames.
    private func frames(_ readings: [Reading], length: Int64 = 60, lateness: Int64 = 600)
        -> [WindowFrame]
    {
        let bench = WindowBench()
        let device = bench.addDevice(length: length, lateness: lateness, signals: 3)
        let arrival = readings.map(\.time).max() ?? 0
        for reading in readings {
            #expect(
                bench.send(
                    reading.value, to: device, signal: reading.signal, at: reading.time,
                    arrival: arrival, mayRepeat: true))
        }
        bench.finish()
        return bench.frames
    }

    /// At most eight readings of each signal in each of four windows.
    private static func few(_ random: inout Random) -> [Reading] {
        var readings: [Reading] = []
        for window in 0..<4 {
            for signal in 0..<3 {
                var times = Set<Int64>()
                for _ in 0..<random.below(9) {
                    times.insert(Int64(60 * window + random.below(60)))
                }
                for time in times.sorted() {
                    readings.append(
                        Reading(
                            signal: signal, time: time,
                            value: 1e6 * random.normal() + 0.1 * random.normal()))
                }
            }
        }
        return readings.sorted { ($0.time, $0.signal) < ($1.time, $1.signal) }
    }

    private static func shuffled(_ readings: [Reading], _ random: inout Random) -> [Reading] {
        var readings = readings
        for place in readings.indices.reversed() {
            readings.swapAt(place, random.below(place + 1))
        }
        return readings
    }

    @Test(arguments: 1...200)
    func fewReadingsGiveTheSameBitsInAnyOrder(seed: UInt64) {
        var random = Random(seed: seed)
        let readings = Self.few(&random)
        let expected = frames(readings)
        var delivered = Self.shuffled(readings, &random)
        // Some come again at once, some later, some with another value first.
        for reading in readings where random.below(3) == 0 {
            let place = delivered.firstIndex(of: reading) ?? 0
            delivered.insert(reading, at: place + random.below(delivered.count - place + 1))
            if random.below(2) == 0 {
                var wrong = reading
                wrong.value = -1e9
                delivered.insert(wrong, at: random.below(place + 1))
            }
        }
        #expect(frames(delivered) == expected, "seed \(seed)")
    }

    @Test(arguments: 1...50)
    func manyReadingsGiveNearlyTheSame(seed: UInt64) {
        var random = Random(seed: seed)
        let readings = (0..<400).map { index in
            Reading(
                signal: index % 3, time: Int64(index / 3),
                value: 20 + random.normal() + 100 * Double(random.below(2)))
        }
        let expected = frames(readings)
        let found = frames(Self.shuffled(readings, &random))
        #expect(found.map(\.start) == expected.map(\.start))
        for (found, expected) in zip(
            found.flatMap(\.summaries), expected.flatMap(\.summaries))
        {
            #expect(found.signal == expected.signal)
            #expect(found.count == expected.count)
            #expect(found.minimum == expected.minimum)
            #expect(found.maximum == expected.maximum)
            #expect(found.first == expected.first)
            #expect(found.last == expected.last)
            #expect(abs(found.mean - expected.mean) <= 1e-12 * abs(expected.mean))
            #expect(abs(found.deviation - expected.deviation) <= 1e-12 * expected.deviation)
        }
    }

    /// A line of signals that follow one another.
    private struct Line {
        var signal: Int
        var time: Int64
        var values: [Double]
    }

    /// `instants` of five signals, each instant in lines cut at random places.
    private static func lines(_ instants: Int, _ random: inout Random) -> [Line] {
        var values = Random(seed: 3)
        var lines: [Line] = []
        for time in 0..<instants {
            var line = Line(signal: 0, time: Int64(time), values: [])
            for signal in 0..<5 {
                if !line.values.isEmpty, random.below(3) == 0 {
                    lines.append(line)
                    line = Line(signal: signal, time: Int64(time), values: [])
                }
                line.values.append(1e6 * values.normal() + values.normal())
            }
            lines.append(line)
        }
        return lines
    }

    private func frames(_ lines: [Line], restartBefore: Int = -1) throws -> [WindowFrame] {
        let bench = WindowBench()
        let policy = WindowPolicy(length: .seconds(60), lateness: .seconds(30))
        let device = bench.addDevice(policy, signals: 5)
        for (index, line) in lines.enumerated() {
            if index == restartBefore { try bench.restart(device, policy) }
            bench.sendTogether(line.values, to: device, from: line.signal, at: line.time)
        }
        bench.finish()
        return bench.frames
    }

    /// In order of time it makes no difference at all which signals a line has, nor in which order
    /// those of one instant come, nor whether there was a restart.
    @Test(arguments: 1...100)
    func unlikeLinesGiveTheSameBits(seed: UInt64) throws {
        var random = Random(seed: seed)
        var whole = Random(seed: 0)
        let expected = try frames(Self.lines(200, &whole))
        var lines = Self.lines(200, &random)
        for place in lines.indices.dropLast() where lines[place].time == lines[place + 1].time {
            if random.below(2) == 0 { lines.swapAt(place, place + 1) }
        }
        #expect(expected.flatMap(\.summaries).map(\.count).reduce(0, +) == 1_000)
        let restart = random.below(lines.count)
        #expect(try frames(lines, restartBefore: restart) == expected, "seed \(seed)")
    }

    /// The last eight readings of a window that goes on are there to be repeated; an older one is
    /// taken for another.
    @Test func theLastEightCanBeRepeated() {
        for (age, isRepeat) in [(0, true), (7, true), (16, false)] {
            let bench = WindowBench()
            let device = bench.addDevice(length: 86_400, lateness: 600)
            for time in 0..<100 { bench.send(1, to: device, at: Int64(time), mayRepeat: true) }
            bench.send(101, to: device, at: Int64(99 - age), arrival: 99, mayRepeat: true)
            #expect((bench.repeats == 1) == isRepeat, "\(age) readings ago")
            bench.finish()
            let summary = bench.summaries(of: device).first
            #expect(summary?.count == (isRepeat ? 100 : 101), "\(age) readings ago")
            #expect(summary?.mean == (isRepeat ? 2 : 1 + 100.0 / 101), "\(age) readings ago")
        }
    }

    /// Another signal that sends more often leaves what is kept of the first alone, and so does
    /// another window.
    @Test func everySignalAndWindowKeepsItsOwn() {
        let bench = WindowBench()
        let device = bench.addDevice(length: 60, lateness: 30, signals: 2)
        bench.send(1, to: device, signal: 0, at: 3, mayRepeat: true)
        for time in 4..<80 {
            bench.send(5, to: device, signal: 1, at: Int64(time), mayRepeat: true)
        }
        bench.send(7, to: device, signal: 0, at: 3, arrival: 80, mayRepeat: true)
        #expect(bench.repeats == 1)
        bench.finish()
        #expect(bench.closed(device) == ["0...60 1@7.0 56@5.0", "60...120 20@5.0"])
    }

    /// Readings that say nothing of their own time are new ones.
    @Test func whatMayNotRepeatIsNew() {
        let bench = WindowBench()
        let device = bench.addDevice(length: 60, lateness: 30)
        for value in [1.0, 2, 3] { bench.send(value, to: device, at: 5) }
        bench.finish()
        #expect(bench.repeats == 0)
        #expect(bench.closed(device) == ["0...60 3@2.0"])
    }
}
