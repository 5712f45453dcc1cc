import Primitives
import Store
import Tickets

/// What machines did and how long they have run, in words and as JSON.
enum OperationReport {
    /// As a part of one device's page.
    static func lines(_ operation: ReadModel.OperationRow) -> [String] {
        var lines = ["Operation"]
        if let state = operation.state { lines.append("    \(state) in the latest window") }
        lines.append(
            "    \(hours(operation.running)) running, \(hours(operation.idle)) idle, of "
                + "\(hours(operation.observed)) seen; starts: \(operation.starts)")
        if let availability = operation.availability {
            lines.append("    available \(NumberText.short(100 * availability)) % of the time")
        }
        return lines + [""]
    }

    /// The lives that go on.
    static func lines(_ lives: [ReadModel.LifeRow]) -> [String] {
        let current = lives.filter { $0.life.endedAt == nil }
        guard !current.isEmpty else { return [] }
        return ["Components"]
            + current.map { row in
                let component = row.life.component.isEmpty ? "the device" : row.life.component
                let since = row.life.startedAt.map { " since \($0.rfc3339)" } ?? ""
                let part = row.life.part.map { ", part \($0)" } ?? ""
                let running = row.running.map { ", \(hours($0)) running" } ?? ""
                return "    \(component): life \(row.life.number)\(since)\(part)\(running)"
            } + [""]
    }

    static func write(_ json: inout JSONText, _ operation: ReadModel.OperationRow?) {
        json.member("operating", operation?.state)
        json.member("running_s", operation?.running)
        json.member("idle_s", operation?.idle)
        json.member("observed_s", operation?.observed)
        json.member("starts", operation?.starts)
        json.member("availability", operation?.availability)
    }

    static func write(_ json: inout JSONText, _ lives: [ReadModel.LifeRow]) {
        json.key("lives")
        json.array { json in
            for row in lives {
                json.object { json in
                    json.member("component", row.life.component)
                    json.member("number", row.life.number)
                    json.member("started_at", row.life.startedAt?.rfc3339)
                    json.member("ended_at", row.life.endedAt?.rfc3339)
                    json.member("ended_by", row.life.endedBy?.rawValue)
                    json.member("part", row.life.part)
                    json.member("running_s", row.running)
                }
            }
        }
    }

    /// `12.5 h`
    static func hours(_ seconds: Double) -> String { NumberText.short(seconds / 3_600) + " h" }
}
