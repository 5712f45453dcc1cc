import Primitives
import Store
import Windows

/// What commands say about the clock of a device.
enum DeviceClockText {
    /// `right`, `clock_skew`, or `nil` when nothing is known.
    static func word(_ device: ReadModel.DeviceRow) -> String? {
        guard let text = device.clockState else { return nil }
        let isSkew = DeviceClock.State(rawValue: text)?.isSkew ?? false
        return isSkew ? "clock_skew" : text
    }

    /// `clock_skew -3600 s`, `right`, `-`.
    static func short(_ device: ReadModel.DeviceRow) -> String {
        guard let word = word(device) else { return "-" }
        guard word == "clock_skew", let offset = device.clockOffset else { return word }
        return word + " " + signed(offset) + " s"
    }

    /// For the page of one device.
    static func sentence(_ device: ReadModel.DeviceRow) -> String? {
        guard let word = word(device), let state = device.clockState,
            let offset = device.clockOffset, let since = device.clockSince
        else { return nil }
        let kind = word == state ? "" : " (\(state))"
        return "Clock \(word)\(kind), \(signed(offset)) s against the gateway's, since "
            + since.rfc3339
    }

    private static func signed(_ seconds: Double) -> String {
        (seconds > 0 ? "+" : "") + NumberText.short(seconds)
    }
}
