import Primitives
import Testing

@testable import Prognosis

/// When a trend carries a date, and how good the date is.
@Suite struct TrendToLimitTests {
    static let start = Timestamp(seconds: 1_767_571_200)
    static let block = TimeSpan.hours(4)

    private struct Run {
        var trend = TrendToLimit(typicalFailureInterval: .days(30))
        var time = TrendToLimitTests.start
        let limit: Double

        init(limit: Double = 30) { self.limit = limit }

        mutating func feed(_ deviation: Double) {
            time = time + TrendToLimitTests.block
            trend.update(deviation: deviation, limitDeviation: limit, at: time)
        }
    }

    /// Deviation of wear that starts at 1 after 40 calm blocks and grows by a tenth in `hours`;
    /// ten percent noise on top, and the half standard deviation a block's median has anyway.
    private struct Wear {
        var random: Random
        let rate: Double
        /// Hours from the start until the limit of 30 is reached.
        let life: Double

        init(seed: UInt64) {
            random = Random(seed: seed)
            rate = 0.003 + 0.009 * random.uniform()
            life = 160 + Math.log(30) / rate
        }

        mutating func deviation(at hours: Double) -> Double {
            let level = hours < 160 ? 0 : Math.exp(rate * (hours - 160))
            return level * (1 + 0.1 * random.normal()) + 0.3 * random.normal()
        }
    }

    @Test(arguments: 1...10)
    func isSilentOnWhiteNoise(_ seed: UInt64) {
        var random = Random(seed: seed)
        var run = Run()
        for block in 0..<200 {
            run.feed(random.normal())
            #expect(!run.trend.isDated, "block \(block), seed \(seed)")
            #expect(run.trend.remaining == nil)
        }
    }

    @Test func isSilentBelowTheOnsetAndAtFirst() {
        var run = Run()
        for block in 0..<100 { run.feed(0.025 * Double(block)) }
        #expect(!run.trend.isDated, "rises, but to less than 3 standard deviations")
        var sudden = Run()
        for block in 0..<6 {
            #expect(!sudden.trend.isDated, "block \(block)")
            sudden.feed(4 + 3 * Double(block))
        }
    }

    /// A step is no wear: the date it may get at first is gone again within eighty blocks, and
    /// while it stands it is not near.
    @Test(arguments: 1...10)
    func aStepLosesItsDate(_ seed: UInt64) {
        var random = Random(seed: seed)
        var run = Run()
        for _ in 0..<60 { run.feed(0.3 * random.normal()) }
        var dated = 0
        var last = 0
        for block in 0..<200 {
            run.feed(8 + 0.5 * random.normal())
            if run.trend.isDated { (dated, last) = (dated + 1, block) }
        }
        print("step: seed \(seed), dated \(dated) of 200 blocks, last in block \(last)")
        #expect(!run.trend.isDated)
    }

    /// Exponential growth: dated in time, in order, monotone, and shrinking.
    @Test(arguments: 1...10)
    func wearIsDated(_ seed: UInt64) throws {
        var wear = Wear(seed: seed)
        var run = Run()
        var hours = 0.0
        var lives: [(left: Double, life: RemainingLife)] = []
        while hours < wear.life - 4 {
            hours += 4
            run.feed(wear.deviation(at: hours))
            guard let life = run.trend.remaining else { continue }
            lives.append((wear.life - hours, life))
            let p95 = try #require(life.p95)
            #expect(life.p05 <= life.p50 && life.p50 <= p95)
            #expect(life.p05 >= .zero)
            let halves = [life.p05, life.p50, p95].map {
                run.trend.probability(within: $0.hours)
            }
            #expect(zip(halves, [0.05, 0.5, 0.95]).allSatisfy { abs($0 - $1) < 0.02 }, "\(halves)")
        }
        #expect(lives.count >= 5, "\(lives.count) dated blocks, seed \(seed)")
        #expect(hours < wear.life)
        let first = try #require(lives.first)
        let last = try #require(lives.last)
        #expect(last.life.p50 < first.life.p50, "remaining life shrinks, seed \(seed)")
        #expect(last.life.p05 < .hours(72), "\(last.life)")
    }

    /// A longer look ahead never lowers the probability.
    @Test(arguments: 1...10)
    func probabilityRisesWithTheHorizon(_ seed: UInt64) {
        var wear = Wear(seed: seed)
        var run = Run()
        #expect(run.trend.probability(within: 100) == 0, "nothing known yet")
        var hours = 0.0
        while hours < wear.life + 100 {
            hours += 4
            run.feed(wear.deviation(at: hours))
            guard Int(hours) % 16 == 0 else { continue }
            var last = 0.0
            for step in 0..<100 {
                let p = run.trend.probability(within: Math.power(10, 0.04 * Double(step)))
                guard p >= last - 1e-12, p <= 1 else {
                    Issue.record("step \(step), hour \(hours), seed \(seed): \(last) then \(p)")
                    return
                }
                last = p
            }
        }
    }

    /// How often the 90 % interval holds the truth, over 200 machines, at two thirds of the way
    /// from the first date to the limit.
    @Test func intervalsCover() {
        var covered = 0
        var below = 0
        var judged = 0
        var undated = 0
        for seed in 1...200 {
            var wear = Wear(seed: 1_000 + UInt64(seed))
            var run = Run()
            var hours = 0.0
            var first: Double?
            var chosen: (left: Double, life: RemainingLife)?
            while hours < wear.life - 4, chosen == nil {
                hours += 4
                run.feed(wear.deviation(at: hours))
                let left = wear.life - hours
                guard left <= (first ?? left) * (first == nil ? 1 : 2.0 / 3) else { continue }
                guard let life = run.trend.remaining else { continue }
                if first == nil { first = left } else { chosen = (left, life) }
            }
            guard let chosen else {
                undated += 1
                continue
            }
            judged += 1
            let isAbove = chosen.life.p05.hours <= chosen.left
            let isBelow = chosen.left <= (chosen.life.p95?.hours ?? .infinity)
            if isAbove && isBelow { covered += 1 }
            if !isAbove { below += 1 }
        }
        let coverage = Double(covered) / Double(max(judged, 1))
        print("coverage of the 90 % interval: \(coverage) of \(judged); \(below) failed before p05")
        #expect(undated <= 4, "\(undated) of 200 never dated")
        #expect(below <= judged / 10, "too confident: \(below) of \(judged) failed before p05")
        #expect(coverage >= 0.7 && coverage <= 1, "\(coverage)")
    }

    @Test func aLimitAlreadyPassedIsNear() throws {
        var run = Run(limit: 10)
        for block in 0..<60 { run.feed(0.5 * Double(block)) }
        let life = try #require(run.trend.remaining)
        #expect(life.p05 < .hours(4), "\(life)")
        #expect(life.p50 < .hours(48), "\(life)")
        #expect(run.trend.probability(within: 14 * 24) > 0.95)
    }

    /// A limit below normal, or a deviation that makes no sense, is taken for the nearest sense.
    @Test func strangeNumbers() {
        for limit in [-50.0, 0, 1e300] {
            var run = Run(limit: limit)
            for deviation in [-1e300, 0, 1e300, 5, 6, 7, 8, 9, 10, 11, 12, 13] {
                run.feed(deviation)
                let p = run.trend.probability(within: 100)
                #expect((0...1).contains(p), "\(p)")
            }
        }
        #expect(TrendToLimit.logarithmic(-100) == TrendToLimit.logarithmic(-2.5))
        #expect(TrendToLimit.logarithmic(0) == Math.log(3))
    }

    @Test func lifeSeenLater() {
        let life = RemainingLife(p05: .hours(5), p50: .hours(50), p95: nil)
        #expect(
            life.after(.hours(7)) == RemainingLife(p05: .zero, p50: .hours(43), p95: nil))
        let bounded = RemainingLife(p05: .hours(5), p50: .hours(6), p95: .hours(9))
        #expect(
            bounded.after(.hours(8)) == RemainingLife(p05: .zero, p50: .zero, p95: .hours(1)))
    }
}
