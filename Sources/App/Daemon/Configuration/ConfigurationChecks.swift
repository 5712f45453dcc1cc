import Detection
import Engine
import Primitives
import Tickets
import Windows

/// Checks that compare several keys: each value is fine alone, together they are not.
struct ConfigurationChecks {
    /// A signal's open windows are all held at once; beyond this many the lateness is a mistake.
    static let windowsMost = 64

    private(set) var problems: [ConfigurationProblem] = []
    let items: [[String]: ConfigurationItem]
    let refused: Set<[String]>

    init(_ reader: ConfigurationReader) {
        items = reader.items
        refused = reader.refused
        for draft in reader.classes {
            let path = ["class", draft.machine.name]
            if draft.machine.name == "generic" { checkGeneric(draft, path) }
            checkWindows(draft, path)
            checkOperation(draft, path)
            for signal in draft.signals {
                let inner = path + ["signal", signal.name]
                checkLimits(signal.limits, inner)
                checkKind(signal, inner)
                checkExplanation(signal, of: draft, inner)
            }
            for component in draft.components {
                checkComponent(component, of: draft, path + ["component", component.name])
            }
        }
        checkMeasurements(reader.classes)
        for device in reader.devices { checkDevice(device, reader.classes) }
        checkListeners(reader.intake)
    }

    /// `generic` takes what no other class claims, and its tickets name no component and no part.
    private mutating func checkGeneric(_ draft: ClassDraft, _ path: [String]) {
        if items[path + ["measurements"]] != nil {
            report(
                path + ["measurements"],
                "cannot be set: generic is the class of devices no other class claims; declare a "
                    + "class of your own, [class.NAME]")
        }
        for component in draft.components {
            let inner = path + ["component", component.name]
            report(
                inner,
                "\(keyText(inner)) cannot be declared: devices of the class generic have no known "
                    + "components; declare a class of your own, [class.NAME]", withValue: false)
        }
    }

    /// A counter's own numbers pass every level once.
    private mutating func checkKind(_ signal: SignalPolicy, _ path: [String]) {
        guard signal.kind == .counter, signal.crossingsOf != nil else { return }
        report(
            path + ["crossings_of"],
            "cannot be counted: a counter passes every level once; leave out one of kind and "
                + "crossings_of")
    }

    private mutating func checkDevice(_ draft: DeviceDraft, _ classes: [ClassDraft]) {
        let path = ["device", draft.name]
        let known = ["generic"] + classes.map(\.machine.name)
        if let name = draft.className, !known.contains(name) {
            let advice =
                nearestName(to: name, in: known).map { "did you mean \(quoted($0))?" }
                ?? "declare it with [\(keyText(["class", name]))]"
            report(path + ["class"], "is not a declared class; \(advice)")
        }
        for (index, text) in draft.attributes.enumerated()
        where DeviceDraft.attribute(text) == nil {
            report(
                path + ["attributes", "[\(index)]"],
                "is no attribute; expected \"key=value\", such as \"site=north\"")
        }
    }

    private mutating func checkWindows(_ draft: ClassDraft, _ path: [String]) {
        let windows = draft.machine.windows
        let keys = [path + ["lateness"], path + ["window"]]
        guard draft.machine.detection.tick == .window else {
            for key in keys where items[key] != nil {
                report(key, "has no meaning with tick = \"reading\"; remove it")
            }
            return
        }
        guard windows.slots > Self.windowsMost, !keys.contains(where: refused.contains) else {
            return
        }
        let key = keys.first { items[$0] != nil } ?? path
        report(
            key,
            "\(keyText(path)) keeps \(windows.slots) windows of each signal open with window = "
                + "\"\(DurationText.text(windows.length))\" and lateness = "
                + "\"\(DurationText.text(windows.lateness))\"; at most \(Self.windowsMost) are "
                + "possible, so lengthen the window or shorten the lateness", withValue: false)
    }

    private mutating func checkOperation(_ draft: ClassDraft, _ path: [String]) {
        let ways = [path + ["running"], path + ["load_signal"]].filter { items[$0] != nil }
        if ways.count == 2 {
            report(path + ["load_signal"], "is set beside running; keep one of the two")
        }
        guard ways.isEmpty else { return }
        for key in ["idle", "minimum_duration"] where items[path + [key]] != nil {
            report(
                path + [key],
                "says nothing without running or load_signal; add one of them, or remove it")
        }
    }

    private mutating func checkLimits(_ limits: SignalLimits, _ path: [String]) {
        if let trip = limits.tripHigh, let alarm = limits.alarmHigh, trip < alarm {
            report(
                path + ["trip_high"],
                "is below alarm_high = \(numberText(alarm)); a trip limit lies at or beyond its "
                    + "alarm limit")
        }
        if let trip = limits.tripLow, let alarm = limits.alarmLow, trip > alarm {
            report(
                path + ["trip_low"],
                "is above alarm_low = \(numberText(alarm)); a trip limit lies at or beyond its "
                    + "alarm limit")
        }
        if let low = limits.alarmLow, let high = limits.alarmHigh, low >= high {
            report(
                path + ["alarm_low"],
                "is not below alarm_high = \(numberText(high)); no reading would be without alarm")
        }
        if let low = limits.physicalLow, let high = limits.physicalHigh, low >= high {
            report(
                path + ["physical_low"],
                "is not below physical_high = \(numberText(high)); every reading would count as a "
                    + "broken sensor")
            return
        }
        let named: [(String, Double?)] = [
            ("alarm_high", limits.alarmHigh), ("trip_high", limits.tripHigh),
            ("alarm_low", limits.alarmLow), ("trip_low", limits.tripLow),
        ]
        for (name, limit) in named {
            guard let limit else { continue }
            if let high = limits.physicalHigh, limit > high {
                report(
                    path + [name],
                    "is above physical_high = \(numberText(high)); readings there count as a "
                        + "broken sensor, so the limit could never be reached")
            }
            if let low = limits.physicalLow, limit < low {
                report(
                    path + [name],
                    "is below physical_low = \(numberText(low)); readings there count as a "
                        + "broken sensor, so the limit could never be reached")
            }
        }
    }

    private mutating func checkExplanation(
        _ signal: SignalPolicy, of draft: ClassDraft, _ path: [String]
    ) {
        let key = path + ["explained_by"]
        for (index, name) in signal.explainedBy.enumerated() {
            if mean(name, signal.name) {
                report(key + ["[\(index)]"], "is the signal itself; name other signals")
            } else {
                checkDeclared(name, in: draft, key + ["[\(index)]"])
            }
        }
    }

    private mutating func checkComponent(
        _ component: ComponentDraft, of draft: ClassDraft, _ path: [String]
    ) {
        if component.name == "telemetry" {
            report(
                path,
                "\(keyText(path)) cannot be declared: tickets about lost sensors use the component "
                    + "telemetry; choose another name", withValue: false)
        }
        if items[path + ["signals"]] == nil {
            report(
                path,
                "\(keyText(path)) has no signals; add signals = [\"...\"], the signals that speak "
                    + "for it, strongest first", withValue: false)
        }
        for (index, name) in component.signals.enumerated() {
            checkDeclared(name, in: draft, path + ["signals", "[\(index)]"])
        }
        if items[path + ["part"]] != nil, items[path + ["parts"]] != nil {
            report(
                path + ["part"],
                "is set beside parts; keep parts and move the number into it")
        }
        let cost = component.advice.cost
        if let failure = cost.failure, let repair = cost.plannedRepair, repair >= failure {
            report(
                path + ["cost_planned_repair"],
                "is not below cost_failure = \(numberText(failure)); acting early would never pay")
        }
    }

    private mutating func checkDeclared(_ name: String, in draft: ClassDraft, _ path: [String]) {
        let declared = draft.signals.map(\.name)
        guard !declared.contains(where: { mean(name, $0) }) else { return }
        let section = keyText(["class", draft.machine.name, "signal", name])
        let advice =
            nearestName(to: name, in: declared).map { "did you mean \(quoted($0))?" }
            ?? "declare it with [\(section)]"
        report(path, "is not a declared signal of the class; \(advice)")
    }

    /// A field name and a full signal name may mean the same signal.
    private func mean(_ one: String, _ other: String) -> Bool {
        signalName(one, matches: other) || signalName(other, matches: one)
    }

    private mutating func checkMeasurements(_ classes: [ClassDraft]) {
        var owners: [String: String] = [:]
        for draft in classes {
            let path = ["class", draft.machine.name]
            for (index, measurement) in draft.measurements.enumerated() {
                guard let owner = owners[measurement] else {
                    owners[measurement] = draft.machine.name
                    continue
                }
                let key = path + ["measurements"]
                let said = items[key] != nil
                let rival = items[["class", owner, "measurements"]] ?? items[["class", owner]]
                let other = keyText(["class", owner])
                report(
                    said ? key + ["[\(index)]"] : path,
                    "\(keyText(path)) takes the measurement \(quoted(measurement))"
                        + (said ? "" : ", its own name,")
                        + " as \(other) does"
                        + (rival.map { " (\($0.place))" } ?? "")
                        + "; a measurement belongs to one class, set measurements in both",
                    withValue: false)
            }
        }
    }

    /// - Parameter withValue: whether the words follow "KEY = VALUE " or are the whole sentence.
    mutating func report(_ path: [String], _ words: String, withValue: Bool = true) {
        let item = item(at: path)
        let start = withValue ? "\(keyText(path)) = \(item?.shown ?? "") " : ""
        problems.append(
            ConfigurationProblem(
                place: item?.place ?? ConfigurationPlace(file: ""), key: keyText(path),
                message: start + words))
    }

    private func item(at path: [String]) -> ConfigurationItem? {
        if let item = items[path] { return item }
        guard let last = path.last, last.hasPrefix("["),
            let index = Int(last.dropFirst().dropLast()),
            case .list(let elements)? = items[Array(path.dropLast())]?.content,
            elements.indices.contains(index)
        else { return nil }
        return elements[index]
    }
}
