/// What may stand behind a key: how it is described, read and written.
struct ValueForm<Value: Sendable>: Sendable {
    /// As in the reference page: `duration`, `list of text`.
    let type: String
    /// `"1m" to "30d"`; empty when every value of the type is allowed.
    let range: String
    /// The rest of the sentence "expected ...".
    let expected: String
    /// Adds what is wrong to the complaints and then returns `nil`.
    let read: @Sendable (ConfigurationItem, inout [ValueComplaint]) -> Value?
    /// The value as TOML.
    let render: @Sendable (Value) -> String

    /// The same, for a value that may be absent. There is no text for absence: the key is left out.
    var optional: ValueForm<Value?> {
        let (read, render) = (read, render)
        return ValueForm<Value?>(
            type: type, range: range, expected: expected,
            read: { item, complaints in read(item, &complaints).map { $0 } },
            render: { value in value.map(render) ?? "none" })
    }
}

/// What is wrong with a value, or with an element of it.
struct ValueComplaint {
    /// The value or the element.
    var item: ConfigurationItem
    /// Position of the element, `[0]`; empty for the value itself.
    var position: [String] = []
    /// Follows "KEY = VALUE ".
    var words: String
}

extension ValueForm {
    /// A form over TOML text whose meaning `parse` knows. `insteadOfNumber` tells those who left
    /// the unit out how to write it.
    static func text(
        type: String, range: String = "", expected: String, insteadOfNumber: String? = nil,
        parse: @escaping @Sendable (String) -> Parsed,
        render: @escaping @Sendable (Value) -> String
    ) -> ValueForm {
        ValueForm(
            type: type, range: range, expected: expected,
            read: { item, complaints in
                let words: String
                switch item.content {
                case .text(let text):
                    switch parse(text) {
                    case .value(let value): return value
                    case .wrong(let wrong): words = "\(wrong); expected \(expected)"
                    }
                case .integer, .number:
                    guard let insteadOfNumber else { fallthrough }
                    words = "has no unit; expected \(expected) as text, \(insteadOfNumber)"
                default: words = "is \(item.kind); expected \(expected)"
                }
                complaints.append(ValueComplaint(item: item, words: words))
                return nil
            },
            render: { quoted(render($0)) })
    }

    /// Outcome of reading a text: the value, or what is wrong with it ("is not a duration").
    enum Parsed {
        case value(Value)
        case wrong(String)
    }

    /// A list of what `element` describes; every bad element is complained about.
    static func list<Element: Sendable>(
        of element: ValueForm<Element>, type: String, atLeastOne: Bool,
        distinct: @escaping @Sendable (Element, Element) -> Bool
    ) -> ValueForm where Value == [Element] {
        let expected = "a \(type)" + (atLeastOne ? " with at least one entry" : "")
        return ValueForm(
            type: type, range: atLeastOne ? "at least one" : "", expected: expected,
            read: { item, complaints in
                guard case .list(let items) = item.content else {
                    complaints.append(
                        ValueComplaint(item: item, words: "is \(item.kind); expected \(expected)"))
                    return nil
                }
                if items.isEmpty, atLeastOne {
                    complaints.append(
                        ValueComplaint(item: item, words: "is empty; expected \(expected)"))
                    return nil
                }
                var values: [Element] = []
                for (index, entry) in items.enumerated() {
                    var own: [ValueComplaint] = []
                    let value = element.read(entry, &own)
                    if let value {
                        if values.contains(where: { !distinct($0, value) }) {
                            own.append(
                                ValueComplaint(
                                    item: entry, words: "is listed twice; remove one of the two"))
                        }
                        values.append(value)
                    }
                    for complaint in own {
                        complaints.append(
                            ValueComplaint(
                                item: complaint.item,
                                position: ["[\(index)]"] + complaint.position,
                                words: complaint.words))
                    }
                }
                // The good ones go on to later checks; the complaints stop the configuration.
                return values
            },
            render: { "[" + $0.map(element.render).joined(separator: ", ") + "]" })
    }
}
