/// What a person needs to know about one key.
package struct KeyFacts: Equatable, Sendable {
    /// The section it stands in, as parts: `class`, `NAME`, `signal`, `FIELD`. Parts in capitals
    /// stand for any name.
    package var section: [String]
    /// Below the section, dots included: `alarm_high`, `tickets.open_risk`.
    package var name: String
    /// `duration`, `list of text`, ...
    package var type: String
    /// `"1m" to "30d"`; empty when every value of the type is allowed.
    package var range: String
    /// `mm/s`, `of the signal`, ...; empty when it has none or the value itself carries it.
    package var unit: String
    /// As it would be written in TOML, or in words where it depends on something else.
    package var defaultText: String
    /// One sentence.
    package var summary: String

    /// `class.NAME.signal.FIELD.alarm_high`.
    package var pattern: String { (section + [name]).joined(separator: ".") }

    /// `duration, "1m" to "30d", default "12h"`: what the example files say above each key.
    package var line: String {
        var parts = [type]
        if !range.isEmpty { parts.append(range) }
        if !unit.isEmpty { parts.append("in \(unit)") }
        parts.append(defaultText == "required" ? defaultText : "default \(defaultText)")
        return parts.joined(separator: ", ")
    }
}

/// Where a key's value goes.
typealias Target<Section, Value> = any WritableKeyPath<Section, Value> & Sendable

/// One key of a kind of section, with the place its value goes to.
///
/// Reading, default and documentation all hang on the same key path: a key cannot be documented
/// with another default than the code has, nor accepted and then forgotten.
struct ConfigurationKey<Section: Sendable>: Sendable {
    let facts: KeyFacts
    /// Writes the value into the section, or says why not.
    let assign: @Sendable (ConfigurationItem, inout Section, inout [ValueComplaint]) -> Void

    /// - Parameter defaultText: in words, where the default depends on something else; otherwise
    ///   it is what `standard` has.
    init<Value>(
        _ name: String, _ target: Target<Section, Value>,
        _ form: ValueForm<Value>, in section: [String], standard: Section, unit: String = "",
        defaultText: String? = nil, _ summary: String
    ) {
        facts = KeyFacts(
            section: section, name: name, type: form.type, range: form.range, unit: unit,
            defaultText: defaultText ?? form.render(standard[keyPath: target]), summary: summary)
        let read = form.read
        assign = { item, section, complaints in
            guard let value = read(item, &complaints) else { return }
            section[keyPath: target] = value
        }
    }
}
