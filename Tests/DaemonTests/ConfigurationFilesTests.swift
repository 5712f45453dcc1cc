import Daemon
import Engine
import Foundation
import Primitives
import Testing

/// The example files and the reference page say what the code does.
@Suite struct ConfigurationFilesTests {
    /// The folder of the package, found upwards from this file.
    static func root() throws -> URL {
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while folder.path != "/" {
            let example = folder.appendingPathComponent("config/forestall.toml")
            if FileManager.default.fileExists(atPath: example.path) { return folder }
            folder.deleteLastPathComponent()
        }
        throw CocoaError(.fileNoSuchFile)
    }

    static func example() throws -> String {
        let file = try root().appendingPathComponent("config/forestall.toml")
        return try String(contentsOf: file, encoding: .utf8)
    }

    @Test func examplesHaveNoProblems() throws {
        let folder = try Self.root().appendingPathComponent("config").path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".toml") }
        #expect(Set(["forestall.toml", "minimal.toml"]).isSubset(of: names))
        for name in names {
            let configuration = try ConfigurationLoader.load(path: "\(folder)/\(name)")
            let classes = name == "minimal.toml" ? "1 class" : "3 classes"
            #expect(configuration.summary == "1 file, \(classes), no problems", "\(name)")
        }
    }

    /// `# key = value`, a key that is commented out.
    static func uncommented(_ line: String) -> String? {
        guard line.hasPrefix("# ") else { return nil }
        let rest = line.dropFirst(2)
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        guard !name.isEmpty, rest[name.endIndex...].hasPrefix(" = ") else { return nil }
        return String(rest)
    }

    @Test func commentedKeysWorkToo() throws {
        let lines = try Self.example().split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.map { row in
            let line = String(row)
            return Self.uncommented(line) ?? Self.uncommentedHeader(line) ?? line
        }.joined(separator: "\n")
        let configuration = try ConfigurationLoader.parse(text: text, file: "forestall.toml")
        #expect(configuration.gateway == "pump-house-3")
        #expect(configuration.stateDirectory == "/var/lib/forestall")
        #expect(configuration.engine.devices.map(\.name) == ["P-101"])
        let listeners = configuration.intake.listeners
        #expect(listeners.map(\.name) == ["collectd", "local", "group", "hall"])
        #expect(listeners.map(\.precision) == [.milliseconds, .auto, .auto, .auto])
    }

    /// `# [section]`, a table that is commented out.
    static func uncommentedHeader(_ line: String) -> String? {
        line.hasPrefix("# [") && line.hasSuffix("]") ? String(line.dropFirst(2)) : nil
    }

    /// Each key stands in its section, below a comment with its type, range, unit and default.
    @Test func exampleDocumentsEveryKey() throws {
        var documented: [String: [String]] = [:]
        var section = ""
        var comment: [String] = []
        for row in try Self.example().split(separator: "\n", omittingEmptySubsequences: false) {
            let line = String(row)
            if line.hasPrefix("[") || Self.uncommentedHeader(line) != nil {
                section = Self.pattern(Self.uncommentedHeader(line) ?? line)
            } else if let name = (Self.uncommented(line) ?? line).components(separatedBy: " = ")
                .first, line.contains(" = "), Self.uncommented(line) != nil || !line.hasPrefix("#")
            {
                documented[section + name, default: []] += comment
            }
            comment = line.hasPrefix("# ") ? comment + [String(line.dropFirst(2))] : []
        }
        for key in ConfigurationSchema.keys {
            let said = documented[key.pattern]
            #expect(said?.contains(key.line) == true, "\(key.pattern) needs: \(key.line)")
        }
    }

    /// `[class.pump.signal.flow]` as the schema calls it, with a dot at its end.
    static func pattern(_ header: String) -> String {
        var parts = header.filter { $0 != "[" && $0 != "]" }.components(separatedBy: ".")
        if parts[0] == "class" || parts[0] == "listener" {
            parts[1] = "NAME"
            if parts.count > 3 { parts[3] = parts[2] == "signal" ? "FIELD" : "NAME" }
        }
        if parts[0] == "device" { parts[1] = "NAME" }
        return parts.joined(separator: ".") + "."
    }

    @Test func referencePageIsGenerated() throws {
        let page = try Self.root().appendingPathComponent(
            "Sources/App/Daemon/Documentation.docc/Configuration.md")
        let expected = ConfigurationReference.markdown()
        if ProcessInfo.processInfo.environment["FORESTALL_REWRITE"] != nil {
            try Data(expected.utf8).write(to: page)
        }
        let written = try String(contentsOf: page, encoding: .utf8)
        #expect(written == expected, "run the tests once with FORESTALL_REWRITE=1 and review it")
    }
}
