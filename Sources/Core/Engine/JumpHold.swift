import Primitives
import Windows

/// Lines that lie further ahead of the event clock than its largest jump, kept until it is clear
/// whether one clock is wrong or time really went on without telemetry.
///
/// Time went on when every device that was active before the jump has sent such a line and at
/// least ``confirmations`` came in a row of which the last two agree, or when ``certain`` came in a
/// row. One ordinary line in between, and the held ones are a wrong clock. So is a held line that
/// lies further ahead of a later one than the largest jump: a wrong stamp within a gap must not
/// carry the clock past the lines that are right.
struct JumpHold: Sendable {
    struct Line: Sendable {
        var bytes: [UInt8]
        var source: LineSource
        var stamp: Timestamp
        var precision: StampPrecision
        var terms: Int
        /// `nil` for one not seen before.
        var device: DeviceID?
    }

    static let confirmations = 3
    static let certain = 64

    private(set) var lines: [Line] = []
    /// Who must agree.
    private var active: Set<DeviceID> = []
    private let maximumJump: TimeSpan

    init(maximumJump: TimeSpan) {
        self.maximumJump = maximumJump
    }

    var isEmpty: Bool { lines.isEmpty }

    /// Gives up the held lines that a line stamped `stamp` shows to be wrong.
    mutating func takeContradicted(by stamp: Timestamp) -> [Line] {
        let wrong = lines.filter { $0.stamp - stamp > maximumJump }
        if !wrong.isEmpty { lines.removeAll { $0.stamp - stamp > maximumJump } }
        return wrong
    }

    /// `active` names the devices that must agree and is asked for the first line only. Returns
    /// `true` when the jump is believed.
    mutating func add(_ line: Line, active: () -> Set<DeviceID>) -> Bool {
        if lines.isEmpty { self.active = active() }
        let agrees = lines.last.map { line.stamp - $0.stamp <= maximumJump } ?? false
        lines.append(line)
        return lines.count >= Self.certain
            || (agrees && isUncontradicted && lines.count >= Self.confirmations)
    }

    /// `true` when everybody has agreed, though too few lines may have come to be sure: for the end
    /// of input.
    var isUncontradicted: Bool {
        !lines.isEmpty && active.isSubset(of: lines.compactMap(\.device))
    }

    mutating func take() -> [Line] {
        defer {
            lines = []
            active = []
        }
        return lines
    }
}
