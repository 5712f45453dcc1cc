import Foundation

/// The files of this repository, found from where this file was compiled.
enum Repository {
    /// The folder that holds the manifest of the package, walking up from this file.
    static let root: URL = {
        var folder = URL(filePath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        while folder.path != "/" {
            let licence = folder.appending(path: "LICENSE").path
            let manifest = folder.appending(path: "Package.swift").path
            if FileManager.default.fileExists(atPath: licence),
                FileManager.default.fileExists(atPath: manifest)
            {
                return folder
            }
            folder.deleteLastPathComponent()
        }
        preconditionFailure("BUG: no repository above \(#filePath)")
    }()

    /// Text of a file, by its path from the root; empty when there is none.
    static func text(_ path: String) -> String {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
    }

    /// Paths from the root of all regular files below `folder`, sorted; hidden ones left out.
    static func files(below folder: String) -> [String] {
        let start = root.appending(path: folder).path
        guard let found = FileManager.default.enumerator(atPath: start) else { return [] }
        var paths: [String] = []
        for case let relative as String in found {
            let parts = relative.split(separator: "/")
            if parts.contains(where: { $0.hasPrefix(".") }) { continue }
            guard found.fileAttributes?[.type] as? FileAttributeType == .typeRegular
            else { continue }
            paths.append(folder + "/" + relative)
        }
        return paths.sorted()
    }

    /// Swift and C sources below `folder`.
    static func sources(below folder: String) -> [SourceText] {
        files(below: folder)
            .filter { [".swift", ".c", ".h"].contains(where: $0.hasSuffix) }
            .map { SourceText(path: $0, text: text($0)) }
    }

    /// Read once: several rules look at all of them.
    static let production = sources(below: "Sources")
    static let tests = sources(below: "Tests")
    static let manifest = SourceText(path: "Package.swift", text: text("Package.swift"))

    /// Everything a person wrote, as text: sources, documents, configuration, scripts.
    static let written: [SourceText] = {
        let folders = ["Sources", "Tests", "config", "packaging", "systemd", "sample-telemetry"]
        let endings = [
            ".swift", ".c", ".h", ".md", ".toml", ".sh", ".py", ".service", ".socket", ".timer",
            ".modulemap", ".yml", ".yaml", ".json",
        ]
        let below = folders.flatMap(files(below:)).filter { path in
            endings.contains(where: path.hasSuffix)
        }
        let top = ["Package.swift", "Makefile", "README.md", "CHANGELOG.md", ".ci/run"]
        return (below + top).map { SourceText(path: $0, text: text($0)) }
    }()
}
