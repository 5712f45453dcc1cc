internal import Platform
package import Primitives

/// What a listener lets in: who may send, and how much of it.
///
/// A class because connections of one listener share it; only the listener's thread touches it.
package final class SourceGate {
    let policy: ListenerPolicy
    /// Everybody may send as much as they like: nothing needs to be looked at.
    let isOpen: Bool
    /// There are none for a listener without a rate: then no line is looked at.
    private let rates: SourceRates?
    private let boundary: RecordingReader.Boundary

    /// `boundary` tells where the last complete record of a piece ends; a piece is cut only there.
    package init(
        _ policy: ListenerPolicy, limits: IntakeLimits, boundary: @escaping RecordingReader.Boundary
    ) {
        self.policy = policy
        self.boundary = boundary
        let rate = policy.linesPerSecond
        isOpen = policy.allowed.isEmpty && rate == 0
        rates = rate > 0 ? SourceRates(linesPerSecond: rate, limits: limits) : nil
    }

    /// Refuses a sender that is not on the list; nil for one that is.
    package func turnAway(
        _ source: LineSource, arrival: Timestamp, sample: Span<UInt8>
    ) -> IntakeRefusal? {
        if policy.allows(source) { return nil }
        return IntakeRefusal(
            .sourceNotAllowed, source: source, arrival: arrival,
            sample: IntakeRefusal.sample(of: sample))
    }

    /// How many of the bytes, whole lines from their start, are taken; the rest is refused.
    package func admit(
        _ bytes: Span<UInt8>, of source: LineSource, arrival: Timestamp, now: UInt64
    ) -> (length: Int, refusal: IntakeRefusal?) {
        guard let rates, !bytes.isEmpty else { return (bytes.count, nil) }
        let granted: Int
        var reason = IntakeRefusalReason.rateExceeded
        switch rates.take(Self.lines(in: bytes), of: source, now: now) {
        case .all: return (bytes.count, nil)
        case .some(let lines): granted = lines
        case .unknown:
            granted = 0
            reason = .tooManySources
        }
        let length = end(of: granted, in: bytes)
        let rest = bytes.extracting(length..<bytes.count)
        return (
            length,
            IntakeRefusal(
                reason, source: source, arrival: arrival, sample: IntakeRefusal.sample(of: rest),
                count: Self.lines(in: rest))
        )
    }

    /// Newlines, and one more for a last line without one.
    private static func lines(in bytes: Span<UInt8>) -> Int {
        var count = 0
        for index in bytes.indices where bytes[index] == 0x0A { count += 1 }
        return bytes.isEmpty || bytes[bytes.count - 1] == 0x0A ? count : count + 1
    }

    /// Where the first `lines` lines end, and not inside a string with newlines.
    private func end(of lines: Int, in bytes: Span<UInt8>) -> Int {
        var left = lines
        var end = 0
        for index in bytes.indices where left > 0 && bytes[index] == 0x0A {
            left -= 1
            end = index + 1
        }
        return end == 0 ? 0 : boundary(bytes.extracting(0..<end), end, true)
    }
}
