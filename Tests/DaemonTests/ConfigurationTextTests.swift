import Daemon
import Primitives
import Testing

/// Durations, sizes and addresses.
@Suite struct ConfigurationTextTests {
    @Test(
        arguments: [
            ("250ms", 250_000_000), ("60s", 60_000_000_000), ("10m", 600_000_000_000),
            ("4h", 14_400_000_000_000), ("3d", 259_200_000_000_000),
            ("2w", 1_209_600_000_000_000), ("1h30m", 5_400_000_000_000),
            ("1d2h3m4s5ms", 93_784_005_000_000), ("0s", 0), ("90m", 5_400_000_000_000),
            ("106751d", 9_223_286_400_000_000_000),
        ] as [(String, Int64)])
    func duration(_ text: String, _ nanoseconds: Int64) {
        #expect(DurationText.span(text)?.nanoseconds == nanoseconds)
        // And back: the text may differ, the span must not.
        let span = TimeSpan(nanoseconds: nanoseconds)
        #expect(DurationText.span(DurationText.text(span)) == span)
    }

    @Test(arguments: [
        "", "5", "s", "5 s", "5s ", " 5s", "-5s", "+5s", "1.5h", "5S", "5min", "30m1h", "1h1h",
        "5us", "106752d", "99999999999999999999s", "9223372036854775807w", "٣s", "5µs", "1h 30m",
    ])
    func notADuration(_ text: String) { #expect(DurationText.span(text) == nil) }

    @Test func durationText() {
        #expect(DurationText.text(.zero) == "0s")
        #expect(DurationText.text(.hours(24)) == "1d")
        #expect(DurationText.text(.minutes(90)) == "1h30m")
        #expect(DurationText.text(.milliseconds(1_250)) == "1s250ms")
    }

    @Test(
        arguments: [
            ("512B", 512), ("64KiB", 65_536), ("8MiB", 8_388_608), ("1GiB", 1_073_741_824),
            ("0B", 0), ("5", nil), ("5kB", nil), ("5 KiB", nil), ("KiB", nil), ("-1B", nil),
            ("9223372036854775807GiB", nil), ("1.5GiB", nil), ("", nil),
        ] as [(String, Int?)])
    func size(_ text: String, _ bytes: Int?) {
        #expect(SizeText.bytes(text) == bytes)
        if let bytes { #expect(SizeText.text(bytes) == text) }
    }

    @Test(
        arguments: [
            ("127.0.0.1:8094", "127.0.0.1", 8_094), ("[::1]:0", "::1", 0),
            ("gateway-3.local:65535", "gateway-3.local", 65_535), ("[fe80::1%eth0]:1", nil, 0),
            ("localhost", nil, 0), ("localhost:", nil, 0), (":8094", nil, 0), ("::1:8094", nil, 0),
            ("a:65536", nil, 0), ("a:-1", nil, 0), ("256.1.1.1:1", nil, 0), ("1.2.3:1", nil, 0),
            ("a b:1", nil, 0), ("[]:1", nil, 0), ("[a.b]:1", nil, 0), ("ä:1", nil, 0),
        ] as [(String, String?, UInt16)])
    func address(_ text: String, _ host: String?, _ port: UInt16) {
        let parts = AddressText.parts(text)
        #expect(parts?.host == host)
        if host != nil { #expect(parts?.port == port) }
    }
}
