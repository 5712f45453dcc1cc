import Detection
import LineProtocol
import Primitives
import Prognosis
import Tickets
import Windows

/// The slow path of a series key never seen before: whose it is, and its device and signals.
///
/// In two steps, because in between the clock judges the line: ``identify(_:_:_:)`` changes
/// nothing, and only a line that is taken in gets as far as ``enrol(_:_:_:_:hash:at:emit:)``. So a
/// refused line leaves no device behind, uses up no limit and changes nobody's class.
extension TelemetryEngine {
    /// A series not seen before, and the device it belongs to.
    struct Newcomer {
        var resolved: LineBinder.Resolved
        /// `nil` for a device not seen before.
        var device: DeviceID?
        /// The class the device will have.
        var machineClass: ClassID
        var lateness: TimeSpan
    }

    struct Refusal: Error {
        var reason: RefusalReason
    }

    /// Finds out whose the series key `bytes[key]` is, which the parser has just found.
    func identify(
        _ bytes: Span<UInt8>, _ key: Range<Int>, _ line: LineContext
    ) -> Result<Newcomer, Refusal> {
        guard key.count <= configuration.limits.tagSetBytes else {
            return .failure(Refusal(reason: .tagSetTooLong))
        }
        guard series.count < configuration.limits.seriesKeys, series.hasRoom(for: key.count) else {
            return .failure(Refusal(reason: .tooManySeriesKeys))
        }
        guard let resolved = binder.resolve(parser.offsets, bytes, terms: line.terms) else {
            return .failure(Refusal(reason: .noIdentity))
        }
        var machineClass =
            binder.declaredClass(of: resolved.device) ?? binder.machineClass(of: resolved)
            ?? .generic
        let device = registry.device(named: resolved.device)
        if let device {
            let present = registry[device].machineClass
            if present != .generic { machineClass = present }
        } else if registry.devices.count >= configuration.limits.devices {
            return .failure(Refusal(reason: .tooManyDevices))
        } else if !newcomers.admits(at: clock.now ?? line.arrival) {
            return .failure(Refusal(reason: .tooManyNewDevices))
        }
        return .success(
            Newcomer(
                resolved: resolved, device: device, machineClass: machineClass,
                lateness: configuration.classes[machineClass.rawValue].windows.lateness))
    }

    /// Takes the series in; returns its index.
    mutating func enrol(
        _ newcomer: Newcomer, _ bytes: Span<UInt8>, _ key: Range<Int>, _ line: LineContext,
        hash: UInt64,
        at time: Timestamp, emit: (EngineStep) -> Void
    ) -> Int {
        let resolved = newcomer.resolved
        var hasChanged = newcomer.device == nil
        if newcomer.device == nil { newcomers.count(at: clock.now ?? line.arrival) }
        let device =
            newcomer.device
            ?? addDevice(resolved.device, machineClass: newcomer.machineClass, at: time)
        if registry[device].machineClass != newcomer.machineClass {
            setClass(newcomer.machineClass, of: device, emit: emit)
            hasChanged = true
        }
        for (name, value) in resolved.attributes
        where registry.setAttribute(name, value, of: device) {
            hasChanged = true
        }
        if newcomer.device == nil { addDeclaredAttributes(to: device) }
        if hasChanged { noteChanged(device) }
        return series.add(
            bytes, key.lowerBound, key.upperBound, terms: line.terms, hash: hash, device: device,
            signalPrefix: resolved.measurement + ".", signalSuffix: resolved.signalSuffix)
    }

    mutating func addDevice(
        _ name: String, machineClass: ClassID, at time: Timestamp
    ) -> DeviceID {
        let declared = configuration.classes[machineClass.rawValue]
        let device = registry.addDevice(named: name, machineClass: machineClass, firstSeen: time)
        windows.addDevice(declared.windows)
        texts.addDevice()
        detector.addDevice(declared.detection, window: declared.windows.length)
        alertMachines.append(ConditionAlertMachine())
        prognosticator.addDevice(declared.prognosis)
        desk.addDevice(policies(of: machineClass))
        silence.addDevice(at: time)
        maintenance.addDevice(
            named: name, components: declared.advice.map(\.component), firstSeen: time)
        takeUpTally(of: device)
        clocks.append(DeviceClock(tolerance: clock.policy.skewTolerance))
        shelves.append(nil)
        lastArrivals.append(.distantPast)
        return device
    }

    /// Registers the devices the configuration names that have not come by themselves, so that they
    /// can be missed; at the first tick.
    mutating func registerDeclared(at time: Timestamp) {
        hasRegisteredDeclared = true
        for declared in configuration.devices
        where registry.device(named: declared.name) == nil
            && registry.devices.count < configuration.limits.devices
        {
            let device = addDevice(
                declared.name, machineClass: binder.declaredClass(of: declared.name) ?? .generic,
                at: time)
            addDeclaredAttributes(to: device)
            noteChanged(device)
        }
    }

    /// What the telemetry says about a device comes before what the configuration says.
    private mutating func addDeclaredAttributes(to device: DeviceID) {
        let name = registry[device].name
        guard let declared = configuration.devices.first(where: { $0.name == name }) else { return }
        for attribute in declared.attributes
        where !registry[device].attributes.contains(where: { $0.key == attribute.key }) {
            _ = registry.setAttribute(attribute.key, attribute.value, of: device)
        }
    }

    /// A device first known by a foreign measurement turns out to be of a declared class: what it
    /// has open is closed, and it starts over under the class.
    private mutating func setClass(
        _ machineClass: ClassID, of device: DeviceID, emit: (EngineStep) -> Void
    ) {
        while windows.hasData(device) { close(device, emit: emit) }
        let declared = configuration.classes[machineClass.rawValue]
        let signals = registry[device].signals
        registry.setClass(machineClass, of: device)
        windows.setPolicy(declared.windows, of: device, signals: signals)
        detector.setPolicy(
            declared.detection, window: declared.windows.length, of: device,
            signals: signals.map { ($0, registry[$0].name) })
        for signal in signals {
            let isBoolean = windows.statistics(of: signal).countsChanges
            setStatistics(of: signal, isBoolean: isBoolean)
        }
        alertMachines[device.index] = ConditionAlertMachine()
        prognosticator.setPolicies(declared.prognosis, of: device)
        desk.setPolicies(policies(of: machineClass), of: device)
        maintenance.setComponents(declared.advice.map(\.component), of: device)
        takeUpTally(of: device)
        guard !declared.faultCodes.isEmpty else { return }
        texts.classify(device) { declared.isFaultCode($0) }
        series.forgetFields(of: device)
    }

    private func policies(of machineClass: ClassID) -> [TicketPolicy] {
        configuration.classes[machineClass.rawValue].advice.map {
            TicketPolicy(
                settings: configuration.tickets, advice: $0, isGeneric: machineClass == .generic)
        }
    }

    /// Place of a field new to a series, or -1 when it cannot even be remembered. Fields beyond the
    /// limits are remembered as refused, up to as many as there may be signals: who invents names
    /// for ever must not make the engine grow.
    mutating func registerField(
        of index: Int, _ bytes: Span<UInt8>, _ name: Range<Int>
    ) -> Int {
        let most = configuration.limits.signalsPerDevice + configuration.limits.textsPerDevice
        guard series.hasRoom(for: name.count), series.fieldCount(of: index) < 2 * most else {
            return -1
        }
        let place = series.addField(to: index, bytes, name.lowerBound, name.upperBound)
        let device = series.series[index].device
        let text = fieldName(of: index, bytes, name)
        // A fault code is followed even while it is a number.
        if isFaultCode(text, of: device) {
            series.setText(registerText(named: text, of: device), of: index, field: place)
        }
        return place
    }

    /// The signal of a numeric field, registered if it is new; negative when there are as many as
    /// there may be.
    mutating func signal(
        of index: Int, field place: Int, _ bytes: Span<UInt8>, _ name: Range<Int>,
        isBoolean: Bool
    ) -> Int32 {
        let known = series.field(of: index, at: place).signal
        guard known == SeriesTable.Field.unknown else { return known }
        let device = series.series[index].device
        let text = fieldName(of: index, bytes, name)
        var signal = registry.signal(named: text, of: device)
        if signal == nil, registry[device].signals.count < configuration.limits.signalsPerDevice,
            registry.signals.count < configuration.limits.signals
        {
            signal = addSignal(named: text, of: device, isBoolean: isBoolean)
        }
        let value = signal?.rawValue ?? SeriesTable.Field.refused
        series.setSignal(value, of: index, field: place)
        return value
    }

    /// The same for a text field.
    mutating func text(
        of index: Int, field place: Int, _ bytes: Span<UInt8>, _ name: Range<Int>
    ) -> Int32 {
        let known = series.field(of: index, at: place).text
        guard known == SeriesTable.Field.unknown else { return known }
        let value = registerText(
            named: fieldName(of: index, bytes, name), of: series.series[index].device)
        series.setText(value, of: index, field: place)
        return value
    }

    private func fieldName(of index: Int, _ bytes: Span<UInt8>, _ name: Range<Int>) -> String {
        let naming = series.namings[index]
        return naming.prefix + binder.fieldName(bytes, name) + naming.suffix
    }

    /// `isBoolean` for one whose first reading is.
    mutating func addSignal(
        named name: String, of device: DeviceID, isBoolean: Bool = false
    ) -> SignalID {
        let new = registry.addSignal(named: name, of: device)
        windows.addSignal(of: device)
        setStatistics(of: new, isBoolean: isBoolean)
        detector.addSignal(new, named: name, of: device)
        pending.signals.append(registry[new])
        return new
    }

    /// What the windows of a signal have beyond those of every one: as its class says, and the
    /// changes of what is a boolean anyway.
    mutating func setStatistics(of signal: SignalID, isBoolean: Bool) {
        let known = registry[signal]
        let declared = configuration.classes[registry[known.device].machineClass.rawValue]
        let policy = declared.detection.signals.first { $0.matches(signal: known.name) }
        var statistics = policy?.statistics ?? FurtherStatistics()
        if isBoolean, !statistics.isCounter, statistics.crossingsOf == nil {
            statistics.countsChanges = true
        }
        windows.setStatistics(statistics, of: signal)
    }

    private mutating func noteChanged(_ device: DeviceID) {
        if let known = pending.devices.firstIndex(where: { $0.id == device }) {
            pending.devices.remove(at: known)
        }
        var snapshot = registry[device]
        snapshot.signals = []
        pending.devices.append(snapshot)
    }
}
