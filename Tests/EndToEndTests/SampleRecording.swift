import Foundation

/// A recording of `sample-telemetry`, with its truth and what the program is known to make of it.
enum SampleRecording: String, CaseIterable, Sendable {
    case bearingWear = "bearing-wear"
    case healthyWeek = "healthy-week"
    case noisySensor = "noisy-sensor"
    case airLeak = "air-leak"
    case silentDevice = "silent-device"

    /// One row of `truth.csv`. Times are RFC 3339 in UTC, which sorts as text.
    struct Truth {
        var device: String
        var component: String
        var onset: String
        var failure: String
    }

    /// The repository's root, from where this file lies in it.
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The complete example of a configuration.
    static let configuration = repository + "/config/forestall.toml"

    var folder: String { Self.repository + "/sample-telemetry/" + rawValue }

    var path: String { folder + "/telemetry.lp.gz" }

    var goldenPath: String { Self.repository + "/Tests/Golden/\(rawValue)/tickets.jsonl" }

    var truth: [Truth] {
        get throws {
            let text = try String(contentsOfFile: folder + "/truth.csv", encoding: .utf8)
            return splitLines(text).dropFirst().map { line in
                let columns = line.split(separator: ",", omittingEmptySubsequences: false)
                    .map(String.init)
                return Truth(
                    device: columns[0], component: columns[1], onset: columns[3],
                    failure: columns[4])
            }
        }
    }

    /// Its lines, in order.
    var lines: [String] {
        get throws { try Self.allLines.get()[Self.allCases.firstIndex(of: self) ?? 0] }
    }

    /// Lines of all recordings, in order of ``allCases``; unpacked once.
    static let allLines = Result {
        try allCases.map { recording in
            let unpacked = try ForestallProgram.run(
                "/bin/sh", ["-c", "gzip -dc '\(recording.path)'"])
            return splitLines(unpacked.output)
        }
    }

    /// The same lines, by device; devices in order of appearance.
    static let devices = allLines.map(Interleaving.devices)
}

/// Ways to put the lines of several devices into one stream. The lines of each device stay in
/// order.
enum Interleaving: String, CaseIterable, Sendable {
    case oneAfterTheOther
    case theOtherWayRound
    /// As one gateway would have recorded them all.
    case byTime
    /// By time, but at equal times the devices in the opposite order.
    case byTimeBackwards

    /// Takes the lines of each device by itself.
    func merge(_ devices: [[String]]) -> [String] {
        switch self {
        case .oneAfterTheOther: return devices.flatMap { $0 }
        case .theOtherWayRound: return devices.reversed().flatMap { $0 }
        case .byTime: return Self.sorted(devices)
        case .byTimeBackwards: return Self.sorted(devices.reversed())
        }
    }

    /// The lines of each device by itself.
    static func devices(of streams: [[String]]) -> [[String]] {
        var places: [Substring: Int] = [:]
        var devices: [[String]] = []
        for line in streams.joined() {
            let key = line.prefix { $0 != " " }
            let place = places[key] ?? devices.count
            if place == devices.count {
                places[key] = place
                devices.append([])
            }
            devices[place].append(line)
        }
        return devices
    }

    /// Stable, by the greatest stamp so far within the device: readings a device sent late stay
    /// late.
    private static func sorted(_ devices: [[String]]) -> [String] {
        var keyed: [(time: Int64, device: Int, line: String)] = []
        for (device, lines) in devices.enumerated() {
            var greatest = Int64.min
            for line in lines {
                let stamp = line.split(separator: " ").last.flatMap { Int64($0) } ?? 0
                greatest = max(greatest, stamp)
                keyed.append((greatest, device, line))
            }
        }
        return keyed.enumerated().sorted { left, right in
            (left.element.time, left.element.device, left.offset)
                < (right.element.time, right.element.device, right.offset)
        }.map(\.element.line)
    }
}
