import Intake
import Platform

// What may stand behind the keys of a listener.

extension ValueForm where Value == String {
    /// The longest path a Unix socket can have, in bytes; `sun_path` without its NUL.
    private static var socketPathMost: Int { 107 }

    static var socketPath: ValueForm {
        .text(
            type: "path", range: "at most \(socketPathMost) bytes",
            expected: "the path of a socket such as \"/run/forestall/lines.sock\"",
            parse: { text in
                guard text.hasPrefix("/"), !text.hasSuffix("/") else {
                    return .wrong("is not an absolute path")
                }
                if text.unicodeScalars.contains(where: isControl) {
                    return .wrong("contains a control character or line end")
                }
                return text.utf8.count > socketPathMost
                    ? .wrong("is longer than \(socketPathMost) bytes") : .value(text)
            }, render: { $0 })
    }

    static var multicastGroup: ValueForm {
        .text(
            type: "multicast group", range: "224.0.0.0/4, ff00::/8",
            expected: "a multicast group such as \"239.1.2.3\" or \"ff05::114\"",
            parse: { text in
                NumericAddress(text)?.isMulticast == true
                    ? .value(text) : .wrong("is not a multicast group")
            }, render: { $0 })
    }
}

extension ValueForm where Value == Int {
    /// Permissions as `chmod` takes them.
    static var fileMode: ValueForm {
        .text(
            type: "permissions", range: "octal", expected: "permissions such as \"0660\"",
            parse: { text in
                let isOctal = text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x37 }
                guard isOctal, let mode = Int(text, radix: 8), mode <= 0o777 else {
                    return .wrong("is not a file's permissions")
                }
                return .value(mode)
            },
            render: { mode in
                let digits = String(mode, radix: 8)
                return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            })
    }
}

extension ValueForm where Value == [AddressRange] {
    static var addressRanges: ValueForm {
        .list(
            of: .text(
                type: "address block",
                expected: "an address or block such as \"10.0.0.0/8\", \"192.168.1.7\" or "
                    + "\"2001:db8::/32\"",
                parse: { text in
                    AddressRange(text).map { .value($0) } ?? .wrong("is not an address block")
                }, render: { $0.text }), type: "list of address blocks", atLeastOne: false,
            distinct: { $0 != $1 })
    }
}
