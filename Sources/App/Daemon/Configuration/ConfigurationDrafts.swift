import Detection
import Engine
import Primitives
import Prognosis
import Tickets
import Windows

/// A class while its keys are read; the parts of it that other sections fill come later.
struct ClassDraft: Equatable, Sendable {
    var machine = MachineClass(name: "")
    /// Empty means the class's own name.
    var measurements: [String] = []
    var signals: [SignalPolicy] = []
    var components: [ComponentDraft] = []

    /// The finished class.
    var value: MachineClass {
        var machine = machine
        machine.measurements = measurements
        if machine.detection.tick == .reading {
            // The shortest window there is, closed as soon as a later reading comes.
            machine.windows = WindowPolicy(length: .milliseconds(1), lateness: .zero)
        }
        machine.detection.signals = signals
        machine.detection.components = components.map {
            ComponentSignals(name: $0.name, signals: $0.signals)
        }
        machine.prognosis = components.map(\.prognosis)
        machine.advice = components.map(\.advice)
        return machine
    }
}

/// A component while its keys are read. Three rooms each take their share of it.
struct ComponentDraft: Equatable, Sendable {
    var name = "" {
        didSet {
            prognosis.component = name
            advice.component = name
        }
    }
    var signals: [String] = []
    /// Short for one part of quantity 1.
    var part: String?
    var prognosis = PrognosisPolicy(component: "")
    var advice = ComponentAdvice(component: "")
}

/// A spare part while its keys are read.
struct PartDraft: Equatable, Sendable {
    var part = ComponentAdvice.Part(number: "")
}

/// A device that is named, while its keys are read.
struct DeviceDraft: Equatable, Sendable {
    var name = ""
    var className: String?
    /// `key=value`
    var attributes: [String] = []

    /// The finished declaration; attributes that are not `key=value` are left out.
    var value: DeclaredDevice {
        var device = DeclaredDevice(name: name, className: className)
        for text in attributes {
            guard let (key, value) = Self.attribute(text) else { continue }
            device.attributes.removeAll { $0.key == key }
            device.attributes.append(Device.Attribute(key: key, value: value))
        }
        device.attributes.sort { $0.key < $1.key }
        return device
    }

    static func attribute(_ text: String) -> (key: String, value: String)? {
        guard let sign = text.firstIndex(of: "=") else { return nil }
        let key = String(text[..<sign])
        let value = String(text[text.index(after: sign)...])
        return key.isEmpty || value.isEmpty ? nil : (key, value)
    }
}
