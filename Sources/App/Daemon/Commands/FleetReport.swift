import Foundation
import Primitives
import Store

/// Devices, signals and the state of the program, as tables for people or JSON.
package enum FleetReport {
    /// Events of a device that are shown.
    private static let eventsShown = 20

    /// All devices, or the named one with its texts, latest events and decisions.
    package static func devices(
        stateDirectory: String, named name: String?, json: Bool
    ) throws(CommandFailure) -> String {
        do {
            let model = try ReadModel(StateDirectory(reading: stateDirectory))
            let devices = try model.devices(named: name)
            if let name, devices.isEmpty { throw unknown(name, stateDirectory) }
            if json {
                let texts = try name.map { try model.texts(of: $0) }
                let events = try name.map { try model.events(of: $0, limit: eventsShown) }
                let lives = try name.map { try model.lives(of: $0) }
                return array(devices) { json, device in
                    write(&json, device)
                    if let texts, let events { write(&json, texts, events) }
                    if let lives { OperationReport.write(&json, lives) }
                }
            }
            if devices.isEmpty { return "No devices yet." }
            var table = TextTable([
                "DEVICE", "CLASS", "STATE", "HEALTH", "LEARNED", "LAST WINDOW", "TICKETS",
                "CLOCK",
            ])
            for device in devices {
                table.add([
                    device.name, device.machineClass, device.state ?? "-",
                    device.health.map(NumberText.short) ?? "-",
                    device.learned.map { NumberText.short((100 * $0).rounded()) + " %" } ?? "-",
                    device.lastWindow?.rfc3339 ?? "-", String(device.openTickets),
                    DeviceClockText.short(device),
                ])
            }
            guard let name else { return table.text }
            var lines = [table.text, ""]
            if let until = devices.first?.shelvedUntil {
                lines += ["Shelved until \(until.rfc3339)", ""]
            }
            if let operation = devices.first?.operation {
                lines += OperationReport.lines(operation)
            }
            lines += OperationReport.lines(try model.lives(of: name))
            if let clock = devices.first.flatMap(DeviceClockText.sentence) {
                lines += [clock, ""]
            }
            lines += SignalQualityText.lines(try model.signals(of: name) ?? [])
            lines += try words(of: name, model)
            lines.append("Latest decisions")
            for decision in try model.decisions(about: name) {
                lines.append(
                    "    \(decision.component): \(decision.reason), since "
                        + decision.time.rfc3339)
            }
            return lines.joined(separator: "\n")
        } catch {
            throw CommandFailure(because: error)
        }
    }

    /// What a device says in words: its last known texts, and how they changed.
    private static func words(of device: String, _ model: ReadModel) throws -> [String] {
        var lines: [String] = []
        let texts = try model.texts(of: device)
        if !texts.isEmpty {
            lines.append("Last known texts")
            lines += texts.map {
                "    \($0.name): \(quoted($0.value)), since \($0.since.rfc3339)"
            }
            lines.append("")
        }
        let events = try model.events(of: device, limit: eventsShown)
        if !events.isEmpty {
            lines.append("Latest events")
            lines += events.map { event in
                let before = event.previous.map { ", before \(quoted($0))" } ?? ""
                return "    \(event.time.rfc3339) \(event.kind) \(event.name): "
                    + quoted(event.value) + before
            }
            lines.append("")
        }
        return lines
    }

    /// In JSON's quotes, so that a text with line breaks or control characters stays one line.
    private static func quoted(_ text: String) -> String {
        var json = JSONText()
        json.value(text)
        return json.text
    }

    private static func write(
        _ json: inout JSONText, _ texts: [ReadModel.TextRow], _ events: [ReadModel.EventRow]
    ) {
        json.key("texts")
        json.array { json in
            for text in texts {
                json.object { json in
                    json.member("name", text.name)
                    json.member("value", text.value)
                    json.member("since", text.since.rfc3339)
                    json.member("fault_code", text.isFaultCode)
                }
            }
        }
        json.key("events")
        json.array { json in
            for event in events {
                json.object { json in
                    json.member("time", event.time.rfc3339)
                    json.member("kind", event.kind)
                    json.member("name", event.name)
                    json.member("value", event.value)
                    json.member("previous", event.previous)
                }
            }
        }
    }

    /// The signals of one device.
    package static func signals(
        of device: String, stateDirectory: String, json: Bool
    ) throws(CommandFailure) -> String {
        do {
            let model = try ReadModel(StateDirectory(reading: stateDirectory))
            guard let signals = try model.signals(of: device) else {
                throw unknown(device, stateDirectory)
            }
            if json { return array(signals, write) }
            var table = TextTable(["SIGNAL", "UNIT", "MEAN", "WINDOW", "QUALITY", "SINCE"])
            for signal in signals {
                table.add([
                    signal.name, signal.unit ?? "-", signal.mean.map(NumberText.short) ?? "-",
                    signal.lastWindow?.rfc3339 ?? "-",
                    SignalQualityText.short(signal), signal.qualitySince?.rfc3339 ?? "-",
                ])
            }
            return table.text
        } catch {
            throw CommandFailure(because: error)
        }
    }

    /// One screen about the program.
    package static func status(
        stateDirectory: String, json: Bool
    ) throws(CommandFailure) -> String {
        do {
            let status = try ReadModel(StateDirectory(reading: stateDirectory)).status()
            return json ? object(status) : screen(status)
        } catch {
            throw CommandFailure(error)
        }
    }

    static func unknown(_ device: String, _ state: String) -> CommandFailure {
        CommandFailure(
            "there is no device \(device) in \(state) - see 'forestall devices'", .findings)
    }

    private static func array<Row>(
        _ rows: [Row], _ write: (inout JSONText, Row) -> Void
    ) -> String {
        var json = JSONText()
        json.array { json in
            for row in rows { json.object { write(&$0, row) } }
        }
        return json.text
    }

    private static func write(_ json: inout JSONText, _ device: ReadModel.DeviceRow) {
        json.member("device", device.name)
        json.member("class", device.machineClass)
        json.member("first_seen", device.firstSeen.rfc3339)
        json.member("last_window", device.lastWindow?.rfc3339)
        json.member("state", device.state)
        json.member("health", device.health)
        json.member("score", device.score)
        json.member("learned", device.learned)
        json.member("open_tickets", device.openTickets)
        json.member("shelved_until", device.shelvedUntil?.rfc3339)
        OperationReport.write(&json, device.operation)
        json.member("clock", DeviceClockText.word(device))
        json.member("clock_state", device.clockState)
        json.member("clock_offset_seconds", device.clockOffset)
        json.member("clock_since", device.clockSince?.rfc3339)
    }

    private static func write(_ json: inout JSONText, _ signal: ReadModel.SignalRow) {
        json.member("signal", signal.name)
        json.member("unit", signal.unit)
        json.member("mean", signal.mean)
        json.member("window", signal.lastWindow?.rfc3339)
        json.member("quality", signal.quality)
        json.member("quality_since", signal.qualitySince?.rfc3339)
        json.member("step_size", signal.stepSize)
    }

    private static func object(_ status: ReadModel.Status) -> String {
        var json = JSONText()
        json.object { json in
            json.member("steps", status.steps)
            json.member("advanced_to", status.advancedTo?.rfc3339)
            json.member("open_tickets", status.openTickets)
            json.member("outbox_backlog", status.outboxBacklog)
            json.member("database_bytes", status.databaseBytes)
            json.member("windows_removed", status.windowsRemoved)
            json.member("windows_kept_from", status.windowsKeptFrom?.rfc3339)
            json.member("windows_amended", status.windowsAmended)
            json.member("late_readings", status.lateReadings)
            json.member("amendments_final", status.amendmentsFinal)
            json.member("late_readings_unkept", status.lateReadingsUnkept)
            json.member("refold_differences", status.refoldDifferences)
            json.member(
                "damaged_databases",
                array: { json in
                    for name in status.damagedDatabases { json.value(name) }
                })
            json.member("begins_after_step", status.beginsAfterStep)
            json.key("counters")
            json.object { json in
                for counter in status.counters { json.member(counter.name, counter.value) }
            }
            json.key("devices")
            json.object { json in
                for counter in status.devices { json.member(counter.name, counter.value) }
            }
            json.key("process")
            json.raw(status.process)
        }
        return json.text
    }

    private static func screen(_ status: ReadModel.Status) -> String {
        var table = TextTable([])
        let devices = status.devices.map { "\($0.value) \($0.name)" }.joined(separator: ", ")
        table.add(["Time", status.advancedTo?.rfc3339 ?? "nothing committed yet"])
        table.add(["Steps", String(status.steps)])
        table.add(["Devices", devices.isEmpty ? "none" : devices])
        table.add(["Open tickets", String(status.openTickets)])
        table.add(["Outbox", "\(status.outboxBacklog) undelivered"])
        table.add(["Database", "\(NumberText.short(Double(status.databaseBytes) / 1e6)) MB"])
        if let keptFrom = status.windowsKeptFrom {
            table.add([
                "Windows", "kept from \(keptFrom.rfc3339), \(status.windowsRemoved) removed",
            ])
        }
        if status.windowsAmended + status.amendmentsFinal + status.lateReadingsUnkept > 0 {
            table.add([
                "Amended windows",
                "\(status.windowsAmended) by \(status.lateReadings) late readings, "
                    + "\(status.amendmentsFinal) final, \(status.lateReadingsUnkept) readings of "
                    + "removed windows left out",
            ])
        }
        if let newest = status.damagedDatabases.last {
            let count = status.damagedDatabases.count
            table.add([
                "Damaged databases",
                newest + (count > 1 ? " and \(count - 1) older" : "")
                    + (status.beginsAfterStep > 0
                        ? "; this one begins after step \(status.beginsAfterStep)" : ""),
            ])
        }
        if let differences = status.refoldDifferences {
            let verdict = differences == 0 ? "repeated as committed" : "\(differences) differ"
            table.add(["Last restart", verdict])
        }
        for counter in status.counters {
            let name = counter.name.replacingOccurrences(of: "_", with: " ")
            table.add([name.prefix(1).uppercased() + name.dropFirst(), String(counter.value)])
        }
        for (name, value) in RuntimeReport.rows(status.process) { table.add([name, value]) }
        return table.text
    }
}
