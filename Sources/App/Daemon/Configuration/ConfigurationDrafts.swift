import Detection
import Engine
import Prognosis
import Tickets

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
