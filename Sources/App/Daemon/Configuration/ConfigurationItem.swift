/// A value of the configuration with the place where it was written.
struct ConfigurationItem: Equatable, Sendable {
    indirect enum Content: Equatable, Sendable {
        /// In the order they were written.
        case table([ConfigurationEntry])
        case list([ConfigurationItem])
        case text(String)
        case integer(Int)
        case number(Double)
        case boolean(Bool)
        /// TOML's dates and times, which no key takes; kept as text for the message.
        case moment(String)
    }

    var content: Content
    var place: ConfigurationPlace

    /// What the value is, with its article: `is text; expected a number`.
    var kind: String {
        switch content {
        case .table: return "a table"
        case .list: return "a list"
        case .text: return "text"
        case .integer: return "a whole number"
        case .number: return "a number"
        case .boolean: return "a boolean"
        case .moment: return "a date or time"
        }
    }

    /// The value as TOML, shortened where it is long.
    var shown: String {
        let text = rendered
        guard text.count > 60 else { return text }
        return text.prefix(57) + "..."
    }

    private var rendered: String {
        switch content {
        case .table(let entries):
            let pairs = entries.map { "\(keyText([$0.key])) = \($0.item.rendered)" }
            return "{" + pairs.joined(separator: ", ") + "}"
        case .list(let items): return "[" + items.map(\.rendered).joined(separator: ", ") + "]"
        case .text(let text): return quoted(text)
        case .integer(let value): return String(value)
        case .number(let value): return numberText(value)
        case .boolean(let value): return String(value)
        case .moment(let text): return text
        }
    }
}

/// A key of a table with its value.
struct ConfigurationEntry: Equatable, Sendable {
    var key: String
    var item: ConfigurationItem
}

/// The parts of a key as a person writes them: `class.pump.parts[0]."odd name"`. Positions in a
/// list are parts of the form `[0]`.
func keyText(_ parts: [String]) -> String {
    var text = ""
    for part in parts {
        if part.hasPrefix("["), part.hasSuffix("]") {
            text += part
            continue
        }
        if !text.isEmpty { text += "." }
        let bare =
            !part.isEmpty
            && part.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    return true
                default: return false
                }
            }
        text += bare ? part : quoted(part)
    }
    return text
}

/// A TOML basic string. Control characters are escaped, so that one problem stays on one line.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case _ where isControl(scalar):
            let digits = String(scalar.value, radix: 16, uppercase: true)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

/// C0, DEL and C1 control characters and the two Unicode line ends.
func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: return true
    default: return false
    }
}

/// Shortest form that reads back the same; whole numbers without a fraction.
func numberText(_ value: Double) -> String {
    if let whole = Int(exactly: value), whole.magnitude < 1_000_000_000_000_000 {
        return String(whole)
    }
    return "\(value)"
}
