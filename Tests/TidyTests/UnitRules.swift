/// The systemd unit against what the program does by itself: paths, exit codes, times.
enum UnitRules {
    /// The settings of a unit file, by section and name; a name may be set more than once.
    static func settings(_ text: String) -> [String: [String]] {
        var section = ""
        var settings: [String: [String]] = [:]
        for line in text.split(separator: "\n") {
            if line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("[") {
                section = String(line.dropFirst().prefix { $0 != "]" })
                continue
            }
            guard let equals = line.firstIndex(of: "=") else { continue }
            let name = section + "." + line[..<equals]
            settings[name, default: []].append(String(line[line.index(after: equals)...]))
        }
        return settings
    }

    /// The number in front of the unit of a time such as `60`, `60s`, `10min`.
    static func seconds(_ text: String) -> Int? {
        let digits = text.prefix(while: \.isNumber)
        switch text.dropFirst(digits.count) {
        case "", "s": return Int(digits)
        case "min": return Int(digits).map { $0 * 60 }
        default: return nil
        }
    }

    /// What the code says, as texts and numbers found in its sources.
    struct Program {
        /// Where the configuration is looked for without `--config`.
        var configuration: String
        /// The variable the state directory comes from.
        var stateVariable: String
        /// Exit codes after which the next start ends the same way.
        var hopeless: Set<String>
        /// Seconds a failing commit is tried while stopping.
        var stopPatience: Int
    }

    static func compare(_ unit: [String: [String]], _ program: Program) -> [String] {
        func value(_ name: String) -> String { unit["Service." + name]?.last ?? "" }
        var findings: [String] = []
        func expect(_ holds: Bool, _ finding: String) {
            if !holds { findings.append(finding) }
        }
        expect(value("Type") == "notify", "Type is \(value("Type")); the program says READY=1")
        expect(
            value("ExecStart") == "/usr/bin/forestall run --config " + program.configuration,
            "ExecStart does not run the program on \(program.configuration)")
        let folder = program.configuration.split(separator: "/").dropFirst().first ?? ""
        expect(
            value("ConfigurationDirectory") == folder,
            "ConfigurationDirectory is not the folder of \(program.configuration)")
        expect(
            program.stateVariable == "STATE_DIRECTORY" && value("StateDirectory") == "forestall",
            "the program does not learn its state directory from \(value("StateDirectory"))")
        expect(
            Set(value("RestartPreventExitStatus").split(separator: " ").map(String.init))
                == program.hopeless, "RestartPreventExitStatus is not \(program.hopeless.sorted())")
        expect(value("Restart") == "on-failure", "Restart is not on-failure")
        expect(
            (seconds(value("WatchdogSec")) ?? 0) >= 30,
            "WatchdogSec leaves no time for a busy disk, or is missing")
        expect(
            (seconds(value("TimeoutStopSec")) ?? 0) >= 2 * program.stopPatience,
            "TimeoutStopSec is less than twice the patience with a full disk")
        expect(
            unit["Service.Environment"]?.contains("SWIFT_BACKTRACE=enable=no") == true,
            "a crash may hang in the backtracer")
        expect(value("DynamicUser") == "yes", "the program does not run under a user of its own")
        expect(
            value("RestrictAddressFamilies").split(separator: " ").contains("AF_UNIX"),
            "without AF_UNIX nothing reaches the notification socket")
        return findings
    }
}
