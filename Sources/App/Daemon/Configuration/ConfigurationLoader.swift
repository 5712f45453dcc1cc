import Foundation

/// Turns configuration files into a ``DaemonConfiguration``.
///
/// In comes TOML: the main file and, beside it, the `*.toml` files of `conf.d` in order of name.
/// Out goes either a configuration in which every value is inside its range and every name it
/// mentions is declared, or a ``ConfigurationFailure`` with every problem of every file. Tables of
/// several files are joined; a key set by two files is a problem, so the order of files never
/// decides anything. Deliberately absent: environment values, includes, a second format.
package enum ConfigurationLoader {
    package static let standardPath = "/etc/forestall/forestall.toml"
    /// Read beside the main file, when that is named `forestall.toml`.
    private static let mainName = "forestall.toml"
    /// A bigger file is a mistake, such as a recording given as configuration.
    static let fileBytesMost = 4 << 20

    /// Reads the file at `path`, or the standard one; without any file at the standard path the
    /// built-in defaults hold. A file named `forestall.toml` brings the `conf.d` beside it along,
    /// a file of any other name stands alone.
    package static func load(
        path: String? = nil, standardPath: String = Self.standardPath
    ) throws(ConfigurationFailure) -> DaemonConfiguration {
        let main = path ?? standardPath
        let (folder, name) = split(main)
        var problems: [ConfigurationProblem] = []
        var texts: [(file: String, text: String)] = []
        var files = [main]
        if name == mainName { files += extras(in: folder + "conf.d", problems: &problems) }
        for file in files {
            switch read(file) {
            case .text(let text): texts.append((file, text))
            case .problem(let problem): problems.append(problem)
            case .absent where file == main && path == nil: files.removeFirst()
            case .absent:
                problems.append(
                    unreadable(file, "there is no such file; check the path"))
            }
        }
        return try configuration(texts, files: files, problems: problems)
    }

    /// Reads one text as if it were the only file; `file` is its name in messages.
    package static func parse(
        text: String, file: String
    ) throws(ConfigurationFailure) -> DaemonConfiguration {
        try configuration([(file, text)], files: [file], problems: [])
    }

    private static func configuration(
        _ texts: [(file: String, text: String)], files: [String],
        problems earlier: [ConfigurationProblem]
    ) throws(ConfigurationFailure) -> DaemonConfiguration {
        var problems = earlier
        var root = ConfigurationItem(content: .table([]), place: ConfigurationPlace(file: ""))
        for (file, text) in texts {
            let document = ConfigurationDocument(text: text, file: file)
            problems += document.problems
            if let table = document.root { root.merge(table, problems: &problems) }
        }
        // Names may be declared in what could not be read: comparing keys then would only add
        // problems that are none.
        let isComplete = problems.isEmpty
        var reader = ConfigurationReader()
        var configuration = reader.configuration(root)
        problems += reader.problems
        if isComplete { problems += ConfigurationChecks(reader).problems }
        guard problems.isEmpty else {
            throw ConfigurationFailure(problems: sorted(problems, files: files))
        }
        configuration.sourceFiles = files
        return configuration
    }

    /// In the order a person works through them: by file, then by line.
    private static func sorted(
        _ problems: [ConfigurationProblem], files: [String]
    ) -> [ConfigurationProblem] {
        func rank(_ problem: ConfigurationProblem) -> (Int, Int) {
            (
                files.firstIndex(of: problem.place.file) ?? files.count, problem.place.line ?? 0
            )
        }
        return problems.enumerated().sorted {
            let (left, right) = (rank($0.element), rank($1.element))
            return left == right ? $0.offset < $1.offset : left < right
        }.map(\.element)
    }

    // MARK: - Files

    /// Folder with its slash, or nothing, and name.
    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        let next = path.index(after: slash)
        return (String(path[..<next]), String(path[next...]))
    }

    private static func extras(
        in folder: String, problems: inout [ConfigurationProblem]
    ) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix(".toml") && !$0.hasPrefix(".") }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                .map { "\(folder)/\($0)" }
        } catch {
            if let reason = reason(error) { problems.append(unreadable(folder, reason)) }
            return []
        }
    }

    private enum Reading {
        case text(String)
        case absent
        case problem(ConfigurationProblem)
    }

    private static func read(_ file: String) -> Reading {
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            data = try handle.read(upToCount: fileBytesMost + 1) ?? Data()
        } catch {
            return reason(error).map { .problem(unreadable(file, $0)) } ?? .absent
        }
        func problem(line: Int? = nil, _ message: String) -> Reading {
            let place = ConfigurationPlace(file: file, line: line)
            return .problem(ConfigurationProblem(place: place, message: message))
        }
        if data.count > fileBytesMost {
            return problem(
                "is longer than \(SizeText.text(fileBytesMost)); this is not a configuration file")
        }
        if let text = String(validating: data, as: UTF8.self) { return .text(text) }
        let rows = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let row = rows.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        return problem(line: row + 1, "is not UTF-8 text; save the file in the encoding UTF-8")
    }

    /// Why it could not be read; `nil` when it is simply not there. A file that is there and may
    /// not be read must never pass for an absent one: the defaults would silently take its place.
    private static func reason(_ error: any Error) -> String? {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile?, .fileNoSuchFile?: return nil
        case .fileReadNoPermission?: return "permission denied; check its owner and mode"
        default: return "it is not what it should be; check what is there"
        }
    }

    private static func unreadable(_ path: String, _ reason: String) -> ConfigurationProblem {
        ConfigurationProblem(
            place: ConfigurationPlace(file: path), message: "cannot be read: \(reason)")
    }
}
