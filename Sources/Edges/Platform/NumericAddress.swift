internal import CPlatform

/// An IP address as two halves, the way ``LineSource`` carries it.
///
/// Protection argument for the unsafe code: the C function gets a string for the length of one call
/// and pointers to local variables.
package struct NumericAddress: Hashable, Sendable {
    /// IPv6 address bytes, big endian; IPv4 as `::ffff:a.b.c.d`.
    package let high: UInt64
    package let low: UInt64
    package let isIPv4: Bool

    /// Reads `10.0.0.1` or `2001:db8::1`; nil for anything else, names included.
    package init?(_ text: String) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        let version = unsafe csystem_parse_address(text, &high, &low)
        guard version > 0 else { return nil }
        self.high = high
        self.low = low
        isIPv4 = version == 4
    }

    /// 224.0.0.0/4 and ff00::/8.
    package var isMulticast: Bool { isIPv4 ? low >> 28 & 0xF == 0xE : high >> 56 == 0xFF }
}
