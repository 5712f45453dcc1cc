import Primitives
import Testing

@Suite struct TimestampTests {
    private func check(_ text: String, _ nanoseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.nanoseconds == nanoseconds, "\(text)")
    }

    @Test func readsRFC3339() {
        check("1970-01-01T00:00:00Z", 0)
        check("1970-01-01T00:00:00.000000001Z", 1)
        check("1969-12-31T23:59:59.5Z", -500_000_000)
        check("2026-01-05T06:00:00Z", 1_767_592_800_000_000_000)
        check("2026-01-05T07:30:00+01:30", 1_767_592_800_000_000_000)
        check("2026-01-04t23:00:00-07:00", 1_767_592_800_000_000_000)
        check("2000-02-29T00:00:00Z", 951_782_400_000_000_000)
    }

    @Test(arguments: [
        "", "2026-01-05", "2026-01-05T06:00:00", "2026-02-30T00:00:00Z", "2100-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-01-05T24:00:00Z", "2026-01-05T06:00:00.Z",
        "2026-01-05T06:00:00Zx", "2026-01-05T06:00:00+25:00", "26-01-05T06:00:00Z",
    ])
    func refusesOtherText(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func writesWhatItReads() {
        var random = Random(seed: 42)
        for _ in 0..<2_000 {
            let time = Timestamp(nanoseconds: Int64(bitPattern: random.next()) / 2)
            #expect(Timestamp(rfc3339: time.rfc3339) == time, "\(time.nanoseconds)")
        }
        #expect(
            Timestamp(nanoseconds: 1_767_592_800_250_000_000).rfc3339 == "2026-01-05T06:00:00.25Z")
    }

    @Test func saturatesInsteadOfTrapping() {
        #expect(Timestamp.distantFuture + .days(1) == .distantFuture)
        #expect(Timestamp.distantPast - .days(1) == .distantPast)
        #expect(Timestamp.distantFuture - Timestamp.distantPast == TimeSpan(nanoseconds: .max))
        #expect(TimeSpan.days(100_000) * 1_000_000 == TimeSpan(nanoseconds: .max))
        #expect(TimeSpan(secondsRounded: .infinity) == TimeSpan(nanoseconds: .max))
        #expect(TimeSpan(secondsRounded: .nan) == .zero)
    }

    @Test func floorsTowardsThePast() {
        #expect(Timestamp(seconds: 119).floored(to: .seconds(60)) == Timestamp(seconds: 60))
        #expect(Timestamp(seconds: -1).floored(to: .seconds(60)) == Timestamp(seconds: -60))
        #expect(Timestamp(seconds: -60).floored(to: .seconds(60)) == Timestamp(seconds: -60))
    }
}
