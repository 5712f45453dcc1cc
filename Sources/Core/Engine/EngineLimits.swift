/// What the engine holds at most. Beyond a limit the newcomer is refused and counted, never the
/// resident.
package struct EngineLimits: Equatable, Sendable {
    package var devices: Int
    package var signalsPerDevice: Int
    /// Of all devices together.
    package var signals: Int
    /// Text fields that are remembered.
    package var textsPerDevice: Int
    /// Devices that may be new in one minute of arrival time. A whole fleet may come at once, so
    /// by default it is as many as there may be in all.
    package var newDevicesPerMinute: Int
    /// Bytes of the series key, measurement and tags as sent.
    package var tagSetBytes: Int
    /// Distinct series keys (measurement plus tags). Keys and field names together may take 1 KiB
    /// for each.
    package var seriesKeys: Int
    /// Distinct senders whose refusals are counted apart; the rest share one entry.
    package var countedSources: Int
    /// Longer lines are refused.
    package var lineBytes: Int

    package init(
        devices: Int = 20_000, signalsPerDevice: Int = 512, signals: Int = 262_144,
        textsPerDevice: Int = 32, newDevicesPerMinute: Int = 20_000, tagSetBytes: Int = 4_096,
        seriesKeys: Int = 100_000, countedSources: Int = 1_024, lineBytes: Int = 65_536
    ) {
        self.devices = devices
        self.signalsPerDevice = signalsPerDevice
        self.signals = signals
        self.textsPerDevice = textsPerDevice
        self.newDevicesPerMinute = newDevicesPerMinute
        self.tagSetBytes = tagSetBytes
        self.seriesKeys = seriesKeys
        self.countedSources = countedSources
        self.lineBytes = lineBytes
    }
}
