internal import Platform
package import Primitives

/// A block of IP addresses (CIDR): the first bits that all of them share.
package struct AddressRange: Hashable, Sendable {
    /// As it was written.
    package let text: String
    private let address: NumericAddress
    /// How many of the 128 bits count; for IPv4 96 more than written.
    private let bits: Int

    /// Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; nil for anything else. Bits behind
    /// the prefix must be zero: whoever wrote them meant something else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = NumericAddress(String(parts[0])) else { return nil }
        let most = address.isIPv4 ? 32 : 128
        var bits = most
        if parts.count > 1 {
            let digits = parts[1].utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            guard digits, let written = Int(parts[1]), written <= most else { return nil }
            bits = written
        }
        self.text = text
        self.address = address
        self.bits = bits + (address.isIPv4 ? 96 : 0)
        guard address.high & ~Self.mask(self.bits) == 0,
            address.low & ~Self.mask(self.bits - 64) == 0
        else { return nil }
    }

    /// Whether the sender's address is one of them.
    package func contains(_ source: LineSource) -> Bool {
        (source.high ^ address.high) & Self.mask(bits) == 0
            && (source.low ^ address.low) & Self.mask(bits - 64) == 0
    }

    /// The first `bits` of 64.
    private static func mask(_ bits: Int) -> UInt64 {
        bits <= 0 ? 0 : bits >= 64 ? .max : ~(.max >> UInt64(bits))
    }
}
