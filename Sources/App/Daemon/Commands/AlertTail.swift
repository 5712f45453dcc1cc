import Foundation
import Platform
package import Primitives
import Store
package import Tickets

/// Follows `alerts.log` as a person reads it, through rotations.
package enum AlertTail {
    package struct Options: Sendable {
        package var device: String?
        package var severity: Severity?
        /// How far back to begin; without it, at the last ten.
        package var since: TimeSpan?
        package var follows: Bool
        package var json: Bool
        package var colours: Bool

        package init(
            device: String?, severity: Severity?, since: TimeSpan?, follows: Bool, json: Bool,
            colours: Bool
        ) {
            self.device = device
            self.severity = severity
            self.since = since
            self.follows = follows
            self.json = json
            self.colours = colours
        }
    }

    /// Alerts shown from the past without `since`.
    static let pastLines = 10
    private static let pause: UInt64 = 250_000_000

    /// Returns at the end of the log, or never when it follows.
    package static func run(
        _ options: Options, stateDirectory: String, print: (String) -> Void
    ) throws(CommandFailure) {
        let directory = StateDirectory(reading: stateDirectory)
        do {
            _ = try ReadModel(directory)
        } catch {
            throw CommandFailure(error)
        }
        let path = directory.alertLogPath
        let earliest = options.since.map { WallClock.now() - $0 }
        var past: [AlertText] = []
        var reader = LogReader(path: path)
        for line in reader.newLines() {
            let alert = AlertText(line)
            guard alert.passes(options), earliest == nil || alert.isAfter(earliest) else {
                continue
            }
            past.append(alert)
        }
        if options.since == nil { past = past.suffix(pastLines) }
        for alert in past { print(alert.shown(options)) }
        while options.follows {
            MonotonicClock.sleep(until: MonotonicClock.now() + pause)
            for alert in reader.newLines().map(AlertText.init) where alert.passes(options) {
                print(alert.shown(options))
            }
        }
    }
}

/// Reads what is appended to a log, and starts again at the top of a new file of the same name.
private struct LogReader {
    let path: String
    private var file: FileHandle?
    private var identity: UInt64?
    private var rest: [UInt8] = []

    init(path: String) { self.path = path }

    /// Whole lines since the last call.
    mutating func newLines() -> [String] {
        var lines = readOn()
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let present = (attributes?[.systemFileNumber] as? NSNumber)?.uint64Value
        if present != nil, present != identity {
            file = FileHandle(forReadingAtPath: path)
            identity = present
            rest = []
            lines += readOn()
        }
        return lines
    }

    private mutating func readOn() -> [String] {
        guard let file, let data = try? file.readToEnd() else { return [] }
        rest += Array(data)
        guard let end = rest.lastIndex(of: 0x0A) else { return [] }
        let whole = rest[..<end]
        rest = Array(rest[(end + 1)...])
        return whole.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }
}
