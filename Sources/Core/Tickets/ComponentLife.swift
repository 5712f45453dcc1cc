package import Primitives

/// One life of one component of a device: from when it was put in until it failed or gave way.
///
/// What ages and failure statistics are made of: a life that ended by `failure` is one, every other
/// was cut short or goes on (ISO 14224).
package struct ComponentLife: Hashable, Sendable {
    /// Empty for the device as a whole.
    package var component: String
    /// 1, 2, ...
    package var number: Int
    /// `nil` for one that began before the history.
    package var startedAt: Timestamp?
    /// `nil` while it goes on.
    package var endedAt: Timestamp?
    package var endedBy: MaintenanceEvent.Kind?
    /// Number of the part it began with.
    package var part: String?

    package init(
        component: String, number: Int, startedAt: Timestamp? = nil, endedAt: Timestamp? = nil,
        endedBy: MaintenanceEvent.Kind? = nil, part: String? = nil
    ) {
        self.component = component
        self.number = number
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.endedBy = endedBy
        self.part = part
    }

    /// The lives that the events of one device tell of, by component, then number.
    ///
    /// What happens to the device as a whole begins or ends the lives of all its components, but
    /// for a failure, which says nothing about which of them it was.
    package static func lives(toldBy events: [MaintenanceEvent]) -> [ComponentLife] {
        var byComponent: [String: [MaintenanceEvent]] = [:]
        for event in events { byComponent[event.component, default: []].append(event) }
        let whole = (byComponent[""] ?? []).filter { $0.kind != .failure && $0.kind != .inspection }
        return byComponent.keys.sorted().flatMap { component in
            let own = byComponent[component] ?? []
            return lives(of: component, (component.isEmpty ? own : own + whole).sorted())
        }
    }

    private static func lives(
        of component: String, _ events: [MaintenanceEvent]
    ) -> [ComponentLife] {
        var lives: [ComponentLife] = []
        // What is commissioned first had no life before.
        if events.first?.kind != .commissioned {
            lives.append(ComponentLife(component: component, number: 1))
        }
        for event in events where event.kind != .inspection {
            if let last = lives.indices.last, lives[last].endedAt == nil {
                lives[last].endedAt = event.time
                lives[last].endedBy = event.kind
            }
            guard event.kind.isRestart else { continue }
            lives.append(
                ComponentLife(
                    component: component, number: lives.count + 1, startedAt: event.time,
                    part: event.component == component ? event.part : nil))
        }
        return lives
    }
}
