import FleetSimulator
import Primitives
import Testing

/// What each fault does to each signal, against the same machine without it.
@Suite struct FaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var fault: Fault
        /// Change at failure, as a fraction of the healthy level.
        var relative: [String: ClosedRange<Double>] = [:]
        /// Change at failure in the signal's unit.
        var absolute: [String: ClosedRange<Double>] = [:]
        /// Signals the fault leaves alone, to 1 % of their level.
        var untouched: [String]

        var testDescription: String { fault.rawValue }
    }

    static let cases = [
        Case(
            fault: .sealLeak,
            relative: ["discharge_pressure": -0.37 ... -0.12, "current": 0.07...0.27],
            untouched: [
                "vibration_rms", "vibration_kurtosis", "bearing_temperature", "flow",
                "suction_pressure",
            ]),
        Case(
            fault: .cavitation,
            relative: [
                "vibration_rms": 0.6...2.2, "discharge_pressure": -0.15 ... -0.04,
                "flow": -0.13 ... -0.03, "current": -0.1 ... -0.01,
                "vibration_kurtosis": 0.03...0.2,
            ], absolute: ["suction_pressure": -1.4 ... -0.4],
            untouched: ["bearing_temperature"]),
        Case(
            fault: .airLeak, relative: ["motor_current": 0.15...0.8],
            absolute: [
                "loaded_ratio": 15...60, "outlet_temperature": 4...16,
                "discharge_pressure": -2...0.02,
            ], untouched: ["ambient_temperature"]),
        Case(
            fault: .filterClog,
            relative: ["filter_dp": 3...10, "motor_current": 0.005...0.09],
            absolute: ["discharge_pressure": -1 ... -0.15],
            untouched: ["loaded_ratio", "flow"]),
        Case(
            fault: .imbalance,
            relative: ["vibration_1x": 2...20, "vibration_rms": 1...12],
            untouched: ["fan_speed", "motor_speed", "motor_current", "belt_temperature"]),
        Case(
            fault: .beltSlip,
            relative: ["fan_speed": -0.21 ... -0.08, "motor_current": -0.5 ... -0.08],
            absolute: ["belt_temperature": 15...85], untouched: ["motor_speed"]),
    ]

    private func check(
        _ value: Double, in range: ClosedRange<Double>, _ name: String, _ seed: UInt64,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(
            range.contains(value), "\(name) changed by \(value), seed \(seed)",
            sourceLocation: location)
    }

    @Test(arguments: cases, [7, 40] as [UInt64])
    func signalsMoveAsTheyDoInTheField(_ fault: Case, _ seed: UInt64) throws {
        let twins = try #require(Twins(fault.fault, seed: seed))
        #expect(twins.worn.malformed == [])
        #expect(twins.worn.lines.allSatisfy { $0.measurement == fault.fault.machine.rawValue })
        for (signal, range) in fault.relative {
            check(twins.change(signal, before: twins.failure), in: range, signal, seed)
        }
        for (signal, range) in fault.absolute {
            check(twins.difference(signal, before: twins.failure), in: range, signal, seed)
        }
        for signal in fault.untouched {
            check(twins.change(signal, before: twins.failure), in: -0.01...0.01, signal, seed)
        }
        // Nothing before the onset, and half of the way less than at the end.
        let onset = twins.event.onset
        for (signal, range) in fault.relative.merging(fault.absolute, uniquingKeysWith: { $1 }) {
            #expect(twins.differences(signal, before: onset).allSatisfy { $0 == 0 })
            // What need not move need not grow.
            if range.contains(0) { continue }
            let half = abs(twins.difference(signal, before: onset + .days(11)))
            let end = abs(twins.difference(signal, before: twins.failure))
            #expect(half < end, "\(signal) does not grow, seed \(seed)")
        }
    }

    @Test func everyFaultHasItsPlace() throws {
        let expected: [Fault: (component: String, mode: String)] = [
            .bearingWear: ("bearing", "VIB"), .sealLeak: ("seal", "ELP"),
            .cavitation: ("suction_strainer", "PLU"), .airLeak: ("air_circuit", "ELU"),
            .filterClog: ("filter", "PLU"), .imbalance: ("impeller", "VIB"),
            .beltSlip: ("belt", "LOO"),
        ]
        for fault in Fault.allCases {
            let twins = try #require(Twins(fault, seed: 3))
            #expect(twins.event.fault.component == expected[fault]?.component)
            #expect(twins.event.fault.failureMode == expected[fault]?.mode)
            #expect(twins.failure >= twins.event.onset + .days(20))
            #expect(twins.worn.maintenance.map(\.kind) == [.failure])
        }
    }

    /// The gauge shows a clogging strainer before the pump can be heard, and then flow and
    /// pressure become restless.
    @Test(arguments: [7, 12, 40] as [UInt64])
    func cavitationBeginsOnTheSuctionSide(_ seed: UInt64) throws {
        let twins = try #require(Twins(.cavitation, seed: seed))
        var damage = 0.0
        var day = twins.event.onset
        // The first day on which the suction has lost a tenth of a bar.
        while damage > -0.1, day < twins.failure {
            day = day + .days(1)
            damage = twins.difference("suction_pressure", before: day)
        }
        #expect(day < twins.failure)
        check(twins.change("vibration_rms", before: day), in: -0.05...0.15, "vibration", seed)
        // From one reading to the next, as a fraction of the flow: the noise of the symptom alone
        // would make it a hundredth.
        let flow =
            twins.difference("flow", before: twins.failure)
            / twins.change("flow", before: twins.failure)
        let lost = twins.differences("flow", before: twins.failure)
        let steps = zip(lost, lost.dropFirst()).map { ($1 - $0) / flow }
        let restless = standardDeviation(steps) / Math.squareRoot(2)
        #expect((0.025...0.07).contains(restless), "flow scatters by \(restless), seed \(seed)")
    }

    /// The machine that leaks is loaded more for the same air, and hotter because of that.
    @Test func aLeakCostsRunningTimeNotAir() throws {
        let twins = try #require(Twins(.airLeak, seed: 12))
        let half = twins.event.onset + .days(14)
        check(twins.change("flow", before: half), in: -0.001...0.001, "flow", 12)
        check(twins.difference("loaded_ratio", before: half), in: 3...40, "loaded_ratio", 12)
        check(
            twins.difference("outlet_temperature", before: half), in: 0.5...12,
            "outlet_temperature", 12)
    }

    @Test(arguments: [MachineKind.compressor, .fan])
    func healthyMachinesFollowLoadAndWeather(_ kind: MachineKind) {
        var options = FleetOptions(
            devices: 3, days: 365, seed: 6, interval: .hours(2), scenario: .healthy)
        options.machines = [kind]
        let telemetry = Telemetry(options)
        #expect(telemetry.truth == [] && telemetry.maintenance == [])
        let warm = kind == .fan ? "belt_temperature" : "outlet_temperature"
        let busy = kind == .fan ? "motor_current" : "loaded_ratio"
        let load = kind == .fan ? "motor_speed" : "flow"
        for device in Set(telemetry.lines.map(\.device)) {
            let lines = telemetry.of(device).filter(\.isRunning)
            func level(_ signal: String, _ isIncluded: (Telemetry.Line) -> Bool) -> Double {
                median(lines.filter(isIncluded).compactMap { $0.fields[signal] })
            }
            let season =
                level(warm) { CalendarTime($0.time).month == 7 }
                - level(warm) { CalendarTime($0.time).month == 1 }
            #expect((8...28).contains(season), "\(device) is \(season) K warmer in July")
            let usual = level(load) { _ in true }
            let high = level(busy) { $0.fields[load] ?? 0 > 1.03 * usual }
            let low = level(busy) { $0.fields[load] ?? usual < 0.97 * usual }
            #expect(high > 1.05 * low, "\(device) does not work harder: \(low), \(high)")
            let standing = telemetry.of(device).filter {
                !$0.isRunning && $0.fields["motor_current"] != nil
            }
            #expect(standing.count > 50)
            #expect(standing.allSatisfy { $0.fields[load] ?? 0 < 20 })
        }
    }
}
