/// What the engine holds at most. Beyond a limit the newcomer is refused and counted, never the
/// resident.
package struct EngineLimits: Equatable, Sendable {
    package var devices: Int
    package var signalsPerDevice: Int
    /// Distinct series keys (measurement plus tags). Keys and field names together may take 1 KiB
    /// for each.
    package var seriesKeys: Int
    /// Distinct senders whose refusals are counted apart; the rest share one entry.
    package var countedSources: Int
    /// Longer lines are refused.
    package var lineBytes: Int

    package init(
        devices: Int = 20_000, signalsPerDevice: Int = 512, seriesKeys: Int = 100_000,
        countedSources: Int = 1_024, lineBytes: Int = 65_536
    ) {
        self.devices = devices
        self.signalsPerDevice = signalsPerDevice
        self.seriesKeys = seriesKeys
        self.countedSources = countedSources
        self.lineBytes = lineBytes
    }
}
