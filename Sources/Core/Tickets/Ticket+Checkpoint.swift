import Primitives

/// A ticket as bytes: what an operator's change is made of when no window is being judged.
extension Ticket {
    func encode(into state: inout StateWriter) {
        for text in [id, device, deviceClass, component, failureMode, sentence] { state.put(text) }
        state.put(each: attributes) { state, attribute in
            state.put(attribute.key)
            state.put(attribute.value)
        }
        state.put(severity.rawValue)
        for number in [health, risk, costOfWaiting, costOfActing] {
            state.put(number) { $0.put($1) }
        }
        state.put(horizon) { $0.put($1) }
        state.put(remaining) { state, life in
            state.put(life.p05)
            state.put(life.p50)
            state.put(life.p95) { $0.put($1) }
        }
        state.put(firstSeen)
        state.put(openedAt)
        state.put(serviceBy) { $0.put($1) }
        state.put(each: evidence) { $1.encode(into: &$0) }
        state.put(model.name)
        state.put(model.version)
    }

    /// `advice` is what the class says today: it is not kept.
    init(from state: inout StateReader, advice: ComponentAdvice) throws(StateFailure) {
        id = try state.string()
        device = try state.string()
        deviceClass = try state.string()
        component = try state.string()
        failureMode = try state.string()
        sentence = try state.string()
        attributes = try state.array { (state) throws(StateFailure) in
            Attribute(key: try state.string(), value: try state.string())
        }
        severity = try state.code(Severity.self)
        health = try state.optionalDouble()
        risk = try state.optionalDouble()
        costOfWaiting = try state.optionalDouble()
        costOfActing = try state.optionalDouble()
        horizon = try state.optional { (state) throws(StateFailure) in try state.timeSpan() }
        remaining = try state.optional { (state) throws(StateFailure) in
            RemainingLifeSeconds(
                p05: try state.double(), p50: try state.double(), p95: try state.optionalDouble())
        }
        firstSeen = try state.timestamp()
        openedAt = try state.timestamp()
        serviceBy = try state.optionalTimestamp()
        evidence = try state.array { (state) throws(StateFailure) in
            try Evidence(from: &state)
        }
        model = Model(name: try state.string(), version: try state.string())
        self.advice = advice
    }
}

extension Ticket.Evidence {
    fileprivate func encode(into state: inout StateWriter) {
        state.put(signal)
        state.put(unit) { $0.put($1) }
        state.put(value)
        state.put(baseline) { $0.put($1) }
        state.put(change) { $0.put($1) }
        state.put(contribution)
        state.put(since) { $0.put($1) }
    }

    fileprivate init(from state: inout StateReader) throws(StateFailure) {
        signal = try state.string()
        unit = try state.optionalString()
        value = try state.double()
        baseline = try state.optionalDouble()
        change = try state.optionalDouble()
        contribution = try state.double()
        since = try state.optionalTimestamp()
    }
}
