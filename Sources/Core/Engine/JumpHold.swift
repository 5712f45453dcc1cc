import Primitives
import Windows

/// Lines that lie further ahead of the event clock than its largest jump, kept until it is clear
/// whether one clock is wrong or time really went on without telemetry.
///
/// Time went on when every device that was active before the jump has sent such a line and at
/// least ``confirmations`` came in a row, or when ``certain`` came in a row. One ordinary line in
/// between, and the held ones are a wrong clock.
struct JumpHold: Sendable {
    struct Line: Sendable {
        var bytes: [UInt8]
        var source: LineSource
    }

    static let confirmations = 3
    static let certain = 64

    private(set) var lines: [Line] = []
    private var waitingFor: Set<DeviceID> = []

    init() {}

    var isEmpty: Bool { lines.isEmpty }

    /// `device` is the line's device where it is known; `active` names the devices that must agree
    /// and is asked for the first line only. Returns `true` when the jump is believed.
    mutating func add(
        _ line: Line, device: DeviceID?, active: () -> Set<DeviceID>
    ) -> Bool {
        if lines.isEmpty { waitingFor = active() }
        lines.append(line)
        if let device { waitingFor.remove(device) }
        return lines.count >= Self.certain
            || (waitingFor.isEmpty && lines.count >= Self.confirmations)
    }

    /// `true` when nobody contradicts, though too few lines came to be sure: for the end of input.
    var isUncontradicted: Bool { !lines.isEmpty && waitingFor.isEmpty }

    mutating func take() -> [Line] {
        defer {
            lines = []
            waitingFor = []
        }
        return lines
    }
}
