import Daemon
import Detection
import Engine
import Primitives
import Prognosis
import Testing
import Tickets
import Windows

/// Every declared key has the code's default and changes the configuration.
@Suite struct ConfigurationSchemaTests {
    /// Key, its default as documented, and another value. Written out by hand, so that a default
    /// cannot change unnoticed.
    static let table: [(pattern: String, standard: String, other: String)] = [
        ("gateway", "the host name", #""north-3""#),
        ("identity_tags", #"["device", "asset", "machine", "host"]"#, #"["pump"]"#),
        ("attribute_tags", #"["site", "model", "line", "region"]"#, "[]"),
        ("class_tag", #""class""#, #""kind""#),
        ("default_identity", #""""#, #""gateway""#),
        ("state.directory", "`./forestall-state`", #""/srv/state""#),
        ("state.maximum_size", #""2GiB""#, #""64MiB""#),
        ("state.keep_windows", #""3650d""#, #""90d""#),
        ("state.keep_15min", #""7300d""#, #""365d""#),
        ("state.keep_days", #""18250d""#, #""3650d""#),
        ("state.durability", #""window""#, #""journal""#),
        ("state.journal_interval", #""200ms""#, #""5ms""#),
        ("state.journal_size", #""256MiB""#, #""4MiB""#),
        ("state.checkpoint_interval", #""30m""#, #""5m""#),
        ("state.log_size", #""16MiB""#, #""4MiB""#),
        ("log.level", #""info""#, #""debug""#),
        ("intake.udp", #"["127.0.0.1:8094"]"#, #"["[::1]:0", "10.0.0.1:8094"]"#),
        ("intake.tcp", #"["127.0.0.1:8094"]"#, "[]"),
        ("intake.http", #"["127.0.0.1:8095"]"#, #"["[::1]:9096", "127.0.0.1:0"]"#),
        ("intake.receive_buffer", #""8MiB""#, #""1GiB""#),
        ("intake.maximum_line_bytes", "65536", "4096"),
        ("intake.maximum_connections", "1024", "65536"),
        ("intake.maximum_connections_per_source", "256", "1"),
        ("intake.lines_per_second", "0", "10000000"),
        ("intake.idle_timeout", #""1h""#, #""0s""#),
        ("intake.maximum_web_connections", "256", "10"),
        ("intake.maximum_requests", "32", "4"),
        ("intake.maximum_body", #""16MiB""#, #""1MiB""#),
        ("intake.maximum_inflated_body", #""64MiB""#, #""1GiB""#),
        ("intake.request_timeout", #""1m""#, #""5s""#),
        ("clock.max_jump", #""1d""#, #""2h""#),
        ("clock.max_age", #""400d""#, #""2w""#),
        ("clock.amend_for", #""30d""#, #""0s""#),
        ("clock.skewed_stamps", #""keep""#, #""restamp""#),
        ("clock.skew_tolerance", #""2m""#, #""30s""#),
        ("clock.tick", #""1s""#, #""100ms""#),
        ("limits.devices", "20000", "5"),
        ("limits.signals_per_device", "512", "65536"),
        ("limits.signals", "262144", "3"),
        ("limits.texts_per_device", "32", "0"),
        ("limits.new_devices_per_minute", "20000", "60"),
        ("limits.tag_set_bytes", "4096", "512"),
        ("limits.series_keys", "100000", "7"),
        ("limits.counted_sources", "1024", "9"),
        ("tickets.open_risk", "0.3", "0.5"),
        ("tickets.persistence", #""12h""#, #""0s""#),
        ("tickets.recovery", #""1d""#, #""1h30m""#),
        ("tickets.close_after", #""7d""#, #""10d""#),
        ("tickets.update_interval", #""1d""#, #""12h""#),
        ("listener.NAME.transport", "required", #""tcp""#),
        ("listener.NAME.address", "required", #""[::1]:8097""#),
        ("listener.NAME.path", "none", #""/run/f/lines.sock""#),
        ("listener.NAME.mode", #""0660""#, #""0600""#),
        ("listener.NAME.owner", "the daemon's user and group", #"":dialout""#),
        ("listener.NAME.multicast", "none", #""239.1.2.3""#),
        ("listener.NAME.interface", "chosen by the kernel", #""eth0""#),
        ("listener.NAME.precision", #""auto""#, #""ms""#),
        ("listener.NAME.tags", "[]", #"["site=north", "line=2"]"#),
        ("listener.NAME.default_identity", "that of the gateway", #""gateway""#),
        ("listener.NAME.allow", "[]", #"["10.0.0.0/8", "::1"]"#),
        ("listener.NAME.lines_per_second", "`intake.lines_per_second`", "0"),
        ("listener.NAME.token_file", "none: everybody may write", #""tokens""#),
        ("listener.NAME.tls_certificate", "none: no TLS", #""other.pem""#),
        ("listener.NAME.tls_key", "none", #""other.key""#),
        ("class.NAME.measurements", "`[\"NAME\"]`", #"["a", "b"]"#),
        ("class.NAME.fault_codes", "[]", #"["fault", "plc.code"]"#),
        ("class.NAME.window", #""1m""#, #""10m""#),
        ("class.NAME.lateness", #""10s""#, #""250ms""#),
        ("class.NAME.tick", #""window""#, #""reading""#),
        ("class.NAME.running", "always running", #""current > 2.0 and speed >= 300""#),
        ("class.NAME.load_signal", "none", #""current""#),
        ("class.NAME.idle", "never idle", #""speed > 100""#),
        ("class.NAME.minimum_duration", #""0s""#, #""5m""#),
        ("class.NAME.settling", #""0s""#, #""30m""#),
        ("class.NAME.commissioning", #""3d""#, #""0s""#),
        ("class.NAME.silent_after", #""2h""#, #""0s""#),
        ("class.NAME.signal.FIELD.unit", #""""#, #""mm/s""#),
        ("class.NAME.signal.FIELD.kind", #""gauge""#, #""counter""#),
        ("class.NAME.signal.FIELD.crossings_of", "none", "2.5"),
        ("class.NAME.signal.FIELD.quantiles", "false", "true"),
        ("class.NAME.signal.FIELD.direction", #""both""#, #""down""#),
        ("class.NAME.signal.FIELD.alarm_high", "none", "4.5"),
        ("class.NAME.signal.FIELD.trip_high", "none", "7"),
        ("class.NAME.signal.FIELD.alarm_low", "none", "-4.5"),
        ("class.NAME.signal.FIELD.trip_low", "none", "-7"),
        ("class.NAME.signal.FIELD.physical_low", "none", "-40"),
        ("class.NAME.signal.FIELD.physical_high", "none", "200"),
        ("class.NAME.signal.FIELD.minimum_deviation", "0", "0.3"),
        ("class.NAME.signal.FIELD.explained_by", "[]", #"["other"]"#),
        ("class.NAME.component.NAME.signals", "required", #"["x", "other"]"#),
        ("class.NAME.component.NAME.failure_mode", #""unknown""#, #""wear""#),
        ("class.NAME.component.NAME.typical_failure_interval", #""30d""#, #""2w""#),
        ("class.NAME.component.NAME.horizon", #""14d""#, #""1h""#),
        ("class.NAME.component.NAME.action", #""""#, #""Replace it.""#),
        ("class.NAME.component.NAME.first_check", #""""#, #""Look at it.""#),
        ("class.NAME.component.NAME.part", "none", #""6312-C3""#),
        ("class.NAME.component.NAME.skill", #""""#, #""mechanical""#),
        ("class.NAME.component.NAME.duration_minutes", "none", "180"),
        ("class.NAME.component.NAME.lead_time", #""2d""#, #""4d""#),
        ("class.NAME.component.NAME.cost_failure", "none", "1000"),
        ("class.NAME.component.NAME.cost_planned_repair", "none", "300.5"),
        ("class.NAME.component.NAME.cost_visit", "none", "0"),
        ("class.NAME.component.NAME.currency", "none", #""EUR""#),
        ("class.NAME.component.NAME.parts.number", "required", #""6312-C3""#),
        ("class.NAME.component.NAME.parts.quantity", "1", "2"),
        ("device.NAME.class", "what its telemetry says", #""c""#),
        ("device.NAME.attributes", "[]", #"["site=north"]"#),
    ]

    /// A configuration with one of everything, in which `pattern` is set to `value`.
    static func text(_ pattern: String, _ value: String?) -> String {
        let sections = [
            "class.NAME.component.NAME.parts.", "class.NAME.component.NAME.",
            "class.NAME.signal.FIELD.", "class.NAME.", "listener.NAME.", "device.NAME.", "",
        ]
        var lines: [String: [String]] = [
            "listener.NAME.": ["transport = \"udp\"", "address = \"127.0.0.1:8096\""],
            "class.NAME.component.NAME.": ["signals = [\"x\"]"],
            "class.NAME.component.NAME.parts.": ["number = \"p\""],
        ]
        // Keys of one transport only.
        switch pattern {
        case "listener.NAME.path", "listener.NAME.mode", "listener.NAME.owner":
            lines["listener.NAME."] = ["transport = \"unix\"", "path = \"/run/f/sock\""]
        case "listener.NAME.token_file", "listener.NAME.tls_certificate", "listener.NAME.tls_key":
            lines["listener.NAME."] = [
                "transport = \"http\"", "address = \"127.0.0.1:8096\"",
                "tls_certificate = \"c.pem\"", "tls_key = \"k.pem\"",
            ]
        case "listener.NAME.multicast":
            lines["listener.NAME."] = ["transport = \"udp\"", "address = \"0.0.0.0:8096\""]
        case "listener.NAME.interface":
            lines["listener.NAME."] = [
                "transport = \"udp\"", "address = \"[::]:8096\"", "multicast = \"ff05::114\"",
            ]
        default: break
        }
        let section = sections.first { pattern.hasPrefix($0) } ?? ""
        if let value {
            let name = String(pattern.dropFirst(section.count))
            lines[section, default: []].removeAll { $0.hasPrefix(name + " ") }
            lines[section, default: []].append("\(name) = \(value)")
        }
        // What a class says about running beside it.
        if ["class.NAME.idle", "class.NAME.minimum_duration"].contains(pattern) {
            lines["class.NAME.", default: []].append("running = \"current > 2.0\"")
        }
        // `part` and `parts` exclude each other.
        let part = pattern.hasSuffix(".part") && value != nil
        func body(_ section: String) -> String {
            lines[section, default: []].joined(separator: "\n") + "\n"
        }
        return body("") + "[listener.l]\n" + body("listener.NAME.") + "[class.c]\n"
            + body("class.NAME.") + "[class.c.signal.x]\n"
            + body("class.NAME.signal.FIELD.") + "[class.c.signal.other]\n[class.c.component.k]\n"
            + body("class.NAME.component.NAME.")
            + (part
                ? ""
                : "[[class.c.component.k.parts]]\n" + body("class.NAME.component.NAME.parts."))
            + "[device.d]\n" + body("device.NAME.")
    }

    @Test func tableIsComplete() {
        #expect(Self.table.map(\.pattern) == ConfigurationSchema.keys.map(\.pattern))
        for key in ConfigurationSchema.keys {
            #expect(key.summary.hasSuffix("."), "\(key.pattern)")
            #expect(!key.type.isEmpty, "\(key.pattern)")
        }
    }

    @Test(arguments: table.indices)
    func defaultIsTheCodes(_ index: Int) throws {
        let (pattern, standard, _) = Self.table[index]
        let key = try #require(ConfigurationSchema.keys.first { $0.pattern == pattern })
        #expect(key.defaultText == standard)
        // A default that is a value, set explicitly, changes nothing.
        guard let first = standard.utf8.first, "\"[0123456789".utf8.contains(first) else { return }
        let implicit = try ConfigurationLoader.parse(text: Self.text(pattern, nil), file: "f")
        let explicit = try ConfigurationLoader.parse(text: Self.text(pattern, standard), file: "f")
        #expect(implicit == explicit)
    }

    @Test(arguments: table.indices)
    func keyIsRead(_ index: Int) throws {
        let (pattern, _, other) = Self.table[index]
        let without = try ConfigurationLoader.parse(text: Self.text(pattern, nil), file: "f")
        let with = try ConfigurationLoader.parse(text: Self.text(pattern, other), file: "f")
        #expect(without != with, "\(pattern) has no effect")
    }

    @Test func emptyTextGivesTheDefaults() throws {
        var configuration = try ConfigurationLoader.parse(text: "", file: "f.toml")
        #expect(configuration.sourceFiles == ["f.toml"])
        configuration.sourceFiles = []
        #expect(configuration == DaemonConfiguration())
        #expect(configuration.engine == EngineConfiguration())
        #expect(configuration.engine.classes == [MachineClass(name: "generic")])
    }

    @Test func classesLandInTheirPolicies() throws {
        let configuration = try ConfigurationLoader.parse(
            text: """
                [class.pump.component.bearing]
                signals = ["v", "t"]
                horizon = "7d"
                part = "6312"
                [class.pump.signal.v]
                unit = "mm/s"
                trip_high = 7.1
                [class.pump.signal.t]
                explained_by = ["v"]
                [class.generic]
                window = "5m"
                [class.fan]
                measurements = ["fan", "blower"]
                """, file: "f.toml")
        let classes = configuration.engine.classes
        #expect(classes.map(\.name) == ["generic", "pump", "fan"])
        #expect(classes[0].windows == WindowPolicy(length: .minutes(5)))
        #expect(classes[0].measurements == [])
        let signals = [
            SignalPolicy(name: "v", unit: "mm/s", limits: SignalLimits(tripHigh: 7.1)),
            SignalPolicy(name: "t", explainedBy: ["v"]),
        ]
        let pump = MachineClass(
            name: "pump", measurements: ["pump"],
            detection: DetectionPolicy(
                signals: signals,
                components: [ComponentSignals(name: "bearing", signals: ["v", "t"])]),
            prognosis: [PrognosisPolicy(component: "bearing", horizon: .days(7))],
            advice: [
                ComponentAdvice(component: "bearing", parts: [.init(number: "6312", quantity: 1)])
            ])
        #expect(classes[1] == pump)
        #expect(classes[2] == MachineClass(name: "fan", measurements: ["fan", "blower"]))
        #expect(configuration.summary == "1 file, 2 classes, no problems")
    }
}
