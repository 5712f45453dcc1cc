/// Socket addresses as people write them: `127.0.0.1:8094`, `[::1]:8094`, `gateway.local:8094`.
package enum AddressText {
    /// Host without brackets, and port; `nil` when the text is anything else. Port 0 is allowed and
    /// lets the kernel choose. Names are not looked up here.
    package static func parts(_ text: String) -> (host: String, port: UInt16)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        var host = text[..<colon]
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = UInt16(digits) else {
            return nil
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            let allowed = host.utf8.allSatisfy { "0123456789abcdefABCDEF:.%".utf8.contains($0) }
            guard allowed, host.contains(":") else { return nil }
        } else {
            // An IPv6 address without brackets lands here too: its last group is not a port.
            let allowed = host.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "."
                        || $0 == "-" || $0 == "_")
            }
            guard allowed, !host.isEmpty, host.utf8.count <= 253 else { return nil }
        }
        // All digits and dots is meant as IPv4 and then has to be one.
        if host.utf8.allSatisfy({ "0123456789.".utf8.contains($0) }) {
            let groups = host.split(separator: ".", omittingEmptySubsequences: false)
            guard groups.count == 4, groups.allSatisfy({ UInt8($0) != nil }) else { return nil }
        }
        return (String(host), port)
    }
}
