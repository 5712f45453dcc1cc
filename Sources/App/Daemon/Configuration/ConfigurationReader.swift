import Detection
import Engine
import Tickets

/// Walks the joined tables of all files against the schema and builds the configuration.
///
/// Every table is visited whole whatever is wrong in it, so that one run shows all problems.
struct ConfigurationReader {
    private(set) var problems: [ConfigurationProblem] = []
    /// What was written for each key, for checks that compare several.
    private(set) var items: [[String]: ConfigurationItem] = [:]
    /// Keys whose value was refused; the configuration has their default instead.
    private(set) var refused: Set<[String]> = []
    /// In the order they were written, `generic` included.
    private(set) var classes: [ClassDraft] = []
    /// In the order they were written.
    private(set) var devices: [DeviceDraft] = []
    private(set) var intake = IntakeSettings()

    mutating func configuration(_ root: ConfigurationItem) -> DaemonConfiguration {
        var configuration = DaemonConfiguration()
        guard case .table(let entries) = root.content else { return configuration }
        let sections = apply(
            ConfigurationSchema.gateway, entries, at: [], to: &configuration,
            children: ["listener", "class", "device"])
        for section in sections {
            for entry in named(section, at: [section.key], a: section.key) {
                if section.key == "class" {
                    classes.append(machineClass(entry))
                } else if section.key == "listener" {
                    configuration.intake.listeners.append(listener(entry))
                } else {
                    devices.append(device(entry))
                }
            }
        }
        configuration.engine.devices = devices.map(\.value).sorted { $0.name < $1.name }
        intake = configuration.intake
        var generic = configuration.engine.classes[0]
        if let draft = classes.first(where: { $0.machine.name == generic.name }) {
            generic = draft.value
        }
        configuration.engine.classes =
            [generic] + classes.filter { $0.machine.name != generic.name }.map(\.value)
        return configuration
    }

    private mutating func listener(_ entry: ConfigurationEntry) -> ListenerSettings {
        let path = ["listener", entry.key]
        var listener = ListenerSettings(name: entry.key)
        items[path] = entry.item
        _ = apply(ListenerKeys.all, entries(entry), at: path, to: &listener)
        return listener
    }

    private mutating func machineClass(_ entry: ConfigurationEntry) -> ClassDraft {
        let path = ["class", entry.key]
        var draft = ClassDraft()
        draft.machine.name = entry.key
        items[path] = entry.item
        let sections = apply(
            ConfigurationSchema.machineClass, entries(entry), at: path, to: &draft,
            children: ["signal", "component"])
        if entry.key != "generic", draft.measurements.isEmpty { draft.measurements = [entry.key] }
        for section in sections {
            let inner = path + [section.key]
            for entry in named(section, at: inner, a: section.key) {
                if section.key == "signal" {
                    draft.signals.append(signal(entry, at: inner + [entry.key]))
                } else {
                    draft.components.append(component(entry, at: inner + [entry.key]))
                }
            }
        }
        return draft
    }

    private mutating func device(_ entry: ConfigurationEntry) -> DeviceDraft {
        var draft = DeviceDraft()
        draft.name = entry.key
        items[["device", entry.key]] = entry.item
        _ = apply(
            ConfigurationSchema.device, entries(entry), at: ["device", entry.key], to: &draft)
        return draft
    }

    private mutating func signal(_ entry: ConfigurationEntry, at path: [String]) -> SignalPolicy {
        var signal = SignalPolicy(name: entry.key)
        items[path] = entry.item
        _ = apply(SignalKeys.all, entries(entry), at: path, to: &signal)
        return signal
    }

    private mutating func component(
        _ entry: ConfigurationEntry, at path: [String]
    ) -> ComponentDraft {
        var draft = ComponentDraft()
        draft.name = entry.key
        items[path] = entry.item
        let sections = apply(
            ConfigurationSchema.component, entries(entry), at: path, to: &draft,
            children: ["parts"])
        if let number = draft.part {
            draft.advice.parts = [ComponentAdvice.Part(number: number)]
        }
        for section in sections { draft.advice.parts = parts(section.item, at: path + ["parts"]) }
        return draft
    }

    private mutating func parts(
        _ item: ConfigurationItem, at path: [String]
    ) -> [ComponentAdvice.Part] {
        items[path] = item
        guard case .list(let elements) = item.content else {
            refuse(
                item, at: path,
                "is \(item.kind); expected a list of tables such as "
                    + "[{number = \"6312-C3\", quantity = 2}]")
            return []
        }
        var parts: [ComponentAdvice.Part] = []
        for (index, element) in elements.enumerated() {
            let inner = path + ["[\(index)]"]
            guard case .table(let entries) = element.content else {
                refuse(
                    element, at: inner,
                    "is \(element.kind); expected a table such as "
                        + "{number = \"6312-C3\", quantity = 2}")
                continue
            }
            var draft = PartDraft()
            items[inner] = element
            _ = apply(ConfigurationSchema.part, entries, at: inner, to: &draft)
            if items[inner + ["number"]] == nil {
                refuse(element, at: inner, "has no number; add number = \"...\"")
            }
            parts.append(draft.part)
        }
        return parts
    }

    /// Gives every entry of a table to its key and returns those that are sections of their own.
    /// `prefix` is the part of the keys' names already walked.
    private mutating func apply<Section>(
        _ keys: [ConfigurationKey<Section>], _ table: [ConfigurationEntry], at path: [String],
        to section: inout Section, children: [String] = [], prefix: String = ""
    ) -> [ConfigurationEntry] {
        var sections: [ConfigurationEntry] = []
        for entry in table {
            let name = prefix + entry.key
            let inner = path + [entry.key]
            if entry.key.contains(".") {
                // A quoted key; never one of ours, and it must not pass for a dotted name.
                unknown(entry, at: inner, known: [])
            } else if let key = keys.first(where: { $0.facts.name == name }) {
                items[inner] = entry.item
                var complaints: [ValueComplaint] = []
                key.assign(entry.item, &section, &complaints)
                for complaint in complaints {
                    refuse(complaint.item, at: inner + complaint.position, complaint.words)
                    refused.insert(inner)
                }
            } else if children.contains(name) {
                sections.append(entry)
            } else if keys.contains(where: { $0.facts.name.hasPrefix(name + ".") }) {
                guard case .table(let entries) = entry.item.content else {
                    refuse(
                        entry.item, at: inner,
                        "is \(entry.item.kind); expected a table, [\(keyText(inner))]")
                    continue
                }
                _ = apply(keys, entries, at: inner, to: &section, prefix: name + ".")
            } else {
                let names = keys.map(\.facts.name).filter { $0.hasPrefix(prefix) }
                unknown(
                    entry, at: inner,
                    known: names.map { String($0.dropFirst(prefix.count).prefix { $0 != "." }) }
                        + children)
            }
        }
        return sections
    }

    /// The tables of a section whose keys are names people choose.
    private mutating func named(
        _ section: ConfigurationEntry, at path: [String], a kind: String
    ) -> [ConfigurationEntry] {
        let example = "[\(keyText(path)).NAME]"
        guard case .table(let entries) = section.item.content else {
            refuse(
                section.item, at: path,
                "is \(section.item.kind); expected tables, one per \(kind): \(example)")
            return []
        }
        return entries.filter { entry in
            let inner = path + [entry.key]
            guard case .table = entry.item.content else {
                refuse(
                    entry.item, at: inner,
                    "is \(entry.item.kind); expected a table, \(example), with the keys of a "
                        + kind)
                return false
            }
            let printable = !entry.key.unicodeScalars.contains(where: isControl)
            guard !entry.key.isEmpty, entry.key.utf8.count <= 128, printable else {
                problem(
                    entry.item.place, inner,
                    "\(keyText(inner)) is not a usable name of a \(kind); expected 1 to 128 bytes "
                        + "without control characters")
                return false
            }
            return true
        }
    }

    private func entries(_ entry: ConfigurationEntry) -> [ConfigurationEntry] {
        guard case .table(let entries) = entry.item.content else { return [] }
        return entries
    }

    private mutating func unknown(
        _ entry: ConfigurationEntry, at path: [String], known: [String]
    ) {
        var names: [String] = []
        for name in known where !names.contains(name) { names.append(name) }
        let advice: String
        if let near = nearestName(to: entry.key, in: names) {
            advice = "did you mean \(near)?"
        } else if let elsewhere = ConfigurationSchema.keys.first(where: {
            $0.name == entry.key || $0.name.hasSuffix("." + entry.key)
        }) {
            advice = "did you mean \(elsewhere.pattern)?"
        } else if names.isEmpty {
            advice = "remove it"
        } else {
            advice = "known here are \(names.joined(separator: ", "))"
        }
        problem(entry.item.place, path, "unknown key \(keyText(path)); \(advice)")
    }

    private mutating func refuse(_ item: ConfigurationItem, at path: [String], _ words: String) {
        problem(item.place, path, "\(keyText(path)) = \(item.shown) \(words)")
    }

    private mutating func problem(
        _ place: ConfigurationPlace, _ path: [String], _ message: String
    ) {
        problems.append(ConfigurationProblem(place: place, key: keyText(path), message: message))
    }
}
