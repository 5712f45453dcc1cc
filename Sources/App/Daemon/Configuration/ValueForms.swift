import Detection
import Primitives

// The forms the schema is made of. Each reads one kind of value and says in its own words what it
// expects, so that a key's description and its error messages cannot disagree.

extension ValueForm where Value == String {
    /// Text of one line. Control characters would break logs and tables it is printed in.
    static func line(mayBeEmpty: Bool = true, longest: Int = 1_000) -> ValueForm {
        .text(
            type: "text", range: mayBeEmpty ? "" : "not empty", expected: "text of one line",
            parse: { text in
                if text.isEmpty, !mayBeEmpty { return .wrong("is empty") }
                if text.unicodeScalars.contains(where: isControl) {
                    return .wrong("contains a control character or line end")
                }
                if text.utf8.count > longest { return .wrong("is longer than \(longest) bytes") }
                return .value(text)
            }, render: { $0 })
    }

    /// What may stand in a URI and a file name without escaping.
    static var plainName: ValueForm {
        .text(
            type: "name", range: "letters, digits, `.`, `_`, `-`",
            expected: "1 to 253 letters, digits, dots, underscores or hyphens",
            parse: { text in
                let allowed = text.unicodeScalars.allSatisfy {
                    $0.isASCII
                        && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                            || $0 == "." || $0 == "_" || $0 == "-")
                }
                guard allowed, (1...253).contains(text.utf8.count) else {
                    return .wrong("is not a name")
                }
                return .value(text)
            }, render: { $0 })
    }

    static var folder: ValueForm {
        .text(
            type: "path", expected: "the path of a folder",
            parse: { text in
                if text.isEmpty { return .wrong("is empty") }
                if text.unicodeScalars.contains(where: isControl) {
                    return .wrong("contains a control character or line end")
                }
                return .value(text)
            }, render: { $0 })
    }

    static var address: ValueForm {
        .text(
            type: "address", expected: "\"HOST:PORT\" such as \"127.0.0.1:8094\" or \"[::1]:8094\"",
            parse: { AddressText.parts($0) == nil ? .wrong("is not an address") : .value($0) },
            render: { $0 })
    }

    static var currency: ValueForm {
        .text(
            type: "text", range: "ISO 4217 code",
            expected: "a currency code of three capital letters such as \"EUR\"",
            parse: { text in
                let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
                guard text.utf8.count == 3, text.utf8.allSatisfy(capitals.contains) else {
                    return .wrong("is not a currency code")
                }
                return .value(text)
            }, render: { $0 })
    }
}

extension ValueForm where Value == Bool {
    static var flag: ValueForm {
        ValueForm(
            type: "boolean", range: "", expected: "true or false",
            read: { item, complaints in
                if case .boolean(let value) = item.content { return value }
                complaints.append(
                    ValueComplaint(item: item, words: "is \(item.kind); expected true or false"))
                return nil
            }, render: { String($0) })
    }
}

extension ValueForm where Value == [String] {
    static func names(atLeastOne: Bool = false) -> ValueForm {
        .list(
            of: .line(mayBeEmpty: false), type: "list of text", atLeastOne: atLeastOne,
            distinct: { $0 != $1 })
    }

    static var addresses: ValueForm {
        // Port 0 twice is two listeners, any other address twice cannot be bound.
        .list(
            of: .address, type: "list of addresses", atLeastOne: false,
            distinct: { $0 != $1 || AddressText.parts($0)?.port == 0 })
    }
}

extension ValueForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    static var choice: ValueForm {
        let names = Value.allCases.map(\.rawValue)
        let range = names.map { quoted($0) }.joined(separator: ", ")
        return .text(
            type: "choice", range: range, expected: "one of \(range)",
            parse: { text in
                if let value = Value(rawValue: text) { return .value(value) }
                guard let near = nearestName(to: text, in: names) else {
                    return .wrong("is unknown")
                }
                return .wrong("is unknown, did you mean \(quoted(near))")
            }, render: { $0.rawValue })
    }
}

extension ValueForm where Value == TimeSpan {
    static func duration(_ least: TimeSpan, _ most: TimeSpan) -> ValueForm {
        let (low, high) = (quoted(DurationText.text(least)), quoted(DurationText.text(most)))
        let expected = "a duration from \(low) to \(high)"
        return .text(
            type: "duration", range: "\(low) to \(high)", expected: expected,
            insteadOfNumber: "such as \"90s\" or \"1h30m\" (units ms, s, m, h, d, w)",
            parse: { text in
                guard let span = DurationText.span(text) else {
                    return .wrong(
                        "is not a duration such as \"90s\" or \"1h30m\" (units ms, s, m, h, d, w)")
                }
                return least <= span && span <= most ? .value(span) : .wrong("is out of range")
            }, render: { DurationText.text($0) })
    }
}

extension ValueForm where Value == OperatingCondition {
    static var condition: ValueForm {
        .text(
            type: "condition",
            expected: "comparisons such as \"current > 2.0 and speed >= 300\" "
                + "(with >, >=, <, <= and spaces between the words)",
            parse: { text in
                OperatingCondition(parsing: text).map { .value($0) }
                    ?? .wrong("is not a condition")
            },
            render: { condition in
                condition.comparisons.map {
                    "\($0.signal) \($0.relation.rawValue) \(numberText($0.threshold))"
                }.joined(separator: " and ")
            })
    }
}

extension ValueForm where Value == Int {
    static func size(_ least: Int, _ most: Int) -> ValueForm {
        let (low, high) = (quoted(SizeText.text(least)), quoted(SizeText.text(most)))
        let expected = "a size from \(low) to \(high)"
        return .text(
            type: "size", range: "\(low) to \(high)", expected: expected,
            insteadOfNumber: "such as \"512KiB\" (units B, KiB, MiB, GiB)",
            parse: { text in
                guard let bytes = SizeText.bytes(text) else {
                    return .wrong("is not a size such as \"512KiB\" (units B, KiB, MiB, GiB)")
                }
                return (least...most).contains(bytes) ? .value(bytes) : .wrong("is out of range")
            }, render: { SizeText.text($0) })
    }

    static func whole(_ range: ClosedRange<Int>) -> ValueForm {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return ValueForm(
            type: "whole number", range: "\(range.lowerBound) to \(range.upperBound)",
            expected: expected,
            read: { item, complaints in
                let words: String
                if case .integer(let value) = item.content {
                    if range.contains(value) { return value }
                    words = "is out of range; expected \(expected)"
                } else {
                    words = "is \(item.kind); expected \(expected)"
                }
                complaints.append(ValueComplaint(item: item, words: words))
                return nil
            }, render: { String($0) })
    }
}

extension ValueForm where Value == Double {
    /// Any finite number, or one not below `least` and not above `most`.
    static func number(_ least: Double? = nil, _ most: Double? = nil) -> ValueForm {
        let range: String
        let expected: String
        switch (least.map(numberText), most.map(numberText)) {
        case (let low?, let high?):
            (range, expected) = ("\(low) to \(high)", "a number from \(low) to \(high)")
        case (let low?, nil): (range, expected) = ("\(low) or more", "a number of \(low) or more")
        case (nil, let high?):
            (range, expected) = ("\(high) or less", "a number of at most \(high)")
        case (nil, nil): (range, expected) = ("", "a number")
        }
        return ValueForm(
            type: "number", range: range, expected: expected,
            read: { item, complaints in
                var value: Double?
                if case .integer(let integer) = item.content { value = Double(integer) }
                if case .number(let number) = item.content { value = number }
                let words: String
                if let value {
                    let fits = value >= (least ?? value) && value <= (most ?? value)
                    if value.isFinite, fits { return value }
                    let wrong = value.isFinite ? "is out of range" : "is not finite"
                    words = "\(wrong); expected \(expected)"
                } else {
                    words = "is \(item.kind); expected \(expected)"
                }
                complaints.append(ValueComplaint(item: item, words: words))
                return nil
            }, render: { numberText($0) })
    }
}
