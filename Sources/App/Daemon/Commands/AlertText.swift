import Primitives
import Tickets

/// A line of `alerts.log`, taken apart: logfmt, see the store's alert lines.
struct AlertText {
    let line: String
    /// In order of appearance.
    let pairs: [(key: String, value: String)]

    init(_ line: String) {
        self.line = line
        pairs = Self.parse(line)
    }

    subscript(key: String) -> String? { pairs.first { $0.key == key }?.value }

    /// Of the wanted device and at least the wanted severity.
    func passes(_ options: AlertTail.Options) -> Bool {
        if let device = options.device, self["device"] != device { return false }
        guard let wanted = options.severity else { return true }
        return Severity.allCases.contains { $0 >= wanted && $0.name == self["severity"] }
    }

    func isAfter(_ earliest: Timestamp?) -> Bool {
        guard let earliest, let text = self["time"], let time = Timestamp(rfc3339: text) else {
            return false
        }
        return time >= earliest
    }

    func shown(_ options: AlertTail.Options) -> String {
        if options.json { return json }
        guard options.colours else { return line }
        switch self["level"] {
        case "critical": return "\u{1B}[1;31m" + line + "\u{1B}[0m"
        case "warning": return "\u{1B}[33m" + line + "\u{1B}[0m"
        default: return line
        }
    }

    /// Every value as text, in the line's order.
    private var json: String {
        var json = JSONText()
        json.object { json in
            for pair in pairs { json.member(pair.key, pair.value) }
        }
        return json.text
    }

    private static func parse(_ line: String) -> [(key: String, value: String)] {
        var pairs: [(key: String, value: String)] = []
        var rest = line[...]
        while let sign = rest.firstIndex(of: "=") {
            let key = String(rest[..<sign].drop { $0 == " " })
            rest = rest[rest.index(after: sign)...]
            pairs.append((key, rest.first == "\"" ? quoted(&rest) : bare(&rest)))
        }
        return pairs
    }

    private static func bare(_ rest: inout Substring) -> String {
        let value = rest.prefix { $0 != " " }
        rest = rest[value.endIndex...]
        return String(value)
    }

    /// Undoes the escapes `\"`, `\\`, `\n`, `\r`, `\t` and `\u00XX`.
    private static func quoted(_ rest: inout Substring) -> String {
        var value = ""
        rest = rest.dropFirst()
        while let character = rest.popFirst(), character != "\"" {
            guard character == "\\" else {
                value.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": value.append("\n")
            case "r": value.append("\r")
            case "t": value.append("\t")
            case "u":
                let digits = rest.prefix(4)
                rest = rest.dropFirst(4)
                if let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code) {
                    value.unicodeScalars.append(scalar)
                }
            case let other?: value.append(other)
            case nil: break
            }
        }
        return value
    }
}
