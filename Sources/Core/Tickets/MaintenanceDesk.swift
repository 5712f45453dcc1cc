package import Primitives
package import Windows

/// What maintenance events mean for the devices: who is in work, who is retired, and where a
/// component's new life begins.
///
/// What comes in: events whose time has come, and the windows of devices in order. What goes out:
/// for every window whether it is judged, and which components start over with it. What always
/// holds: a window is affected by the events before its end and by no other, however late they were
/// told; taking an event twice changes nothing; events of a device not seen yet wait for it.
/// Deliberately absent: the history itself, which the store keeps.
package struct MaintenanceDesk: Sendable {
    /// Events of one device, and of all, that no window has passed yet.
    package static let heldPerDevice = 1_000
    package static let heldMost = 100_000

    private struct Place: Equatable, Sendable {
        var name: String
        /// Earlier events say nothing about a reference that was learned since.
        var firstSeen: Timestamp
        var components: [String]
        /// Of all events taken, and of those that windows have passed.
        var today = MaintenanceStanding()
        var judged = MaintenanceStanding()
        /// Those in between, in order.
        var pending: [MaintenanceEvent] = []
        /// Per component, the latest event that began a life of it.
        var restarts: [Timestamp]

        /// A class of one component means it by any word; one of several knows only its own.
        func places(of component: String) -> [Int] {
            if component.isEmpty || components.count == 1 { return Array(components.indices) }
            return components.indices.filter { components[$0] == component }
        }

        /// Whether an event changes what later windows are judged by.
        func isNews(_ event: MaintenanceEvent) -> Bool {
            if pending.contains(where: { $0.isSame(as: event) }) { return false }
            switch event.kind {
            case .inspection: return false
            case .failure: return event.time > today.failedAt
            case .retired: return event.time > today.retiredAt
            case .repair, .replacement, .commissioned:
                return event.time > today.restartedAt
                    || places(of: event.component).contains { event.time > restarts[$0] }
            }
        }
    }

    /// What an event does at once.
    package struct Effect: Equatable, Sendable {
        /// Components whose open tickets were about the life that has ended.
        package var restarted: [Int] = []
        package var retires = false
    }

    /// What a window must know.
    package struct Passage: Equatable, Sendable {
        package var isInWork = false
        package var isRetired = false
        /// Components whose reference is learned anew from this window on, in order.
        package var restarted: [Int] = []
    }

    private var places: [Place] = []
    /// Events of devices not seen yet, by name, in order.
    private var unseen: [String: [MaintenanceEvent]] = [:]
    private var held = 0

    package init() {}

    /// Makes room for the next device and gives it the events that wait for it.
    package mutating func addDevice(
        named name: String, components: [String], firstSeen: Timestamp
    ) {
        var place = Place(
            name: name, firstSeen: firstSeen, components: components,
            restarts: components.map { _ in .distantPast })
        place.pending = unseen.removeValue(forKey: name) ?? []
        for event in place.pending {
            place.today.take(event)
            if event.kind.isRestart { note(event, in: &place) }
        }
        places.append(place)
    }

    /// The class of a device became known: other components, nothing learned yet.
    package mutating func setComponents(_ components: [String], of device: DeviceID) {
        places[device.index].components = components
        places[device.index].restarts = components.map { _ in .distantPast }
    }

    /// Takes an event; `device` is `nil` for one that is not known yet.
    package mutating func take(
        _ event: MaintenanceEvent, of device: DeviceID?
    ) throws(CommandRefusal) -> Effect {
        guard let device else {
            try wait(event)
            return Effect()
        }
        var place = places[device.index]
        guard place.isNews(event) else { return Effect() }
        try checkRoom(besides: place.pending.count)
        var effect = Effect()
        let before = place.today
        place.today.take(event)
        if event.kind.isRestart { effect.restarted = note(event, in: &place) }
        effect.retires = place.today.isRetired && place.today.retiredAt > before.retiredAt
        Self.insert(event, into: &place.pending)
        held += 1
        places[device.index] = place
        return effect
    }

    /// Remembers the start of new lives; returns the components that have one.
    @discardableResult
    private func note(_ event: MaintenanceEvent, in place: inout Place) -> [Int] {
        let restarted = place.places(of: event.component).filter { place.restarts[$0] < event.time }
        for component in restarted { place.restarts[component] = event.time }
        return restarted
    }

    private mutating func wait(_ event: MaintenanceEvent) throws(CommandRefusal) {
        var waiting = unseen[event.device] ?? []
        guard event.kind != .inspection, !waiting.contains(where: { $0.isSame(as: event) }) else {
            return
        }
        try checkRoom(besides: waiting.count)
        Self.insert(event, into: &waiting)
        unseen[event.device] = waiting
        held += 1
    }

    private func checkRoom(besides count: Int) throws(CommandRefusal) {
        guard count < Self.heldPerDevice, held < Self.heldMost else { throw .tooManyEvents }
    }

    private static func insert(
        _ event: MaintenanceEvent, into events: inout [MaintenanceEvent]
    ) {
        let place = events.firstIndex { event < $0 } ?? events.count
        events.insert(event, at: place)
    }

    /// Lets a window of a device pass the events before its end.
    package mutating func pass(_ frame: WindowFrame) -> Passage {
        let device = frame.device.index
        var passage = Passage()
        if !places[device].pending.isEmpty { passEvents(of: device, frame, &passage) }
        passage.isInWork = passage.isInWork || places[device].judged.isInWork
        passage.isRetired = places[device].judged.isRetired
        return passage
    }

    private mutating func passEvents(
        of device: Int, _ frame: WindowFrame, _ passage: inout Passage
    ) {
        var place = places[device]
        let passed = place.pending.prefix { $0.time < frame.end }
        var restarted: Set<Int> = []
        for event in passed {
            place.judged.take(event)
            guard event.kind.isRestart else { continue }
            // A window in which a life begins is partly of the one before.
            if event.time > frame.start { passage.isInWork = true }
            if event.time > place.firstSeen {
                restarted.formUnion(place.places(of: event.component))
            }
        }
        passage.restarted = restarted.sorted()
        place.pending.removeFirst(passed.count)
        held -= passed.count
        places[device] = place
    }

    /// Nobody misses a device that is in work or retired.
    package func isMissed(_ device: DeviceID) -> Bool {
        let today = places[device.index].today
        return !today.isInWork && !today.isRetired
    }

    /// A pause until then is nobody's concern.
    package func quietUntil(_ device: DeviceID) -> Timestamp {
        places[device.index].today.restartedAt
    }
}

extension MaintenanceDesk {
    /// By name: ids belong to a process.
    package func encode(into state: inout StateWriter) {
        state.put(each: places) { state, place in
            state.put(place.name)
            place.today.encode(into: &state)
            place.judged.encode(into: &state)
            state.put(each: place.pending) { $1.encode(into: &$0) }
            state.put(each: place.restarts) { $0.put($1) }
        }
        state.put(each: unseen.keys.sorted()) { state, name in
            state.put(each: unseen[name] ?? []) { $1.encode(into: &$0) }
        }
    }

    /// Takes up the state of an earlier process; every device must be known by now.
    package mutating func restore(
        from state: inout StateReader, device: (String) throws(StateFailure) -> DeviceID
    ) throws(StateFailure) {
        for _ in 0..<(try state.count()) {
            let index = try device(try state.string()).index
            places[index].today = try MaintenanceStanding(from: &state)
            places[index].judged = try MaintenanceStanding(from: &state)
            places[index].pending = try events(&state)
            let restarts = try state.array { (state) throws(StateFailure) in
                try state.timestamp()
            }
            // Under another class nothing that was learned is left.
            if restarts.count == places[index].components.count {
                places[index].restarts = restarts
            }
        }
        for _ in 0..<(try state.count()) {
            let waiting = try events(&state)
            guard let name = waiting.first?.device else { throw .invalid("waiting events") }
            unseen[name] = waiting
        }
        held =
            places.reduce(0) { $0 + $1.pending.count }
            + unseen.values.reduce(0) { $0 + $1.count }
    }

    private func events(
        _ state: inout StateReader
    ) throws(StateFailure) -> [MaintenanceEvent] {
        let events = try state.array { (state) throws(StateFailure) in
            try MaintenanceEvent(from: &state)
        }
        guard events == events.sorted(), events.count <= Self.heldPerDevice else {
            throw .invalid("held events")
        }
        return events
    }
}

extension MaintenanceEvent {
    fileprivate func encode(into state: inout StateWriter) {
        state.put(time)
        state.put(device)
        state.put(component)
        state.put(kind.rawValue)
    }

    /// Part, cost and note are the store's.
    fileprivate init(from state: inout StateReader) throws(StateFailure) {
        self.init(
            time: try state.timestamp(), device: try state.string(),
            component: try state.string(), kind: try state.word(Kind.self))
    }
}
