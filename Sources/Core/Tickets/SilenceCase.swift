import Primitives
import Windows

/// What a ticket about telemetry says is wrong.
package enum TelemetryFailure: String, CaseIterable, Sendable {
    /// One device has stopped sending.
    case silent
    /// Several devices of one site stopped sending together.
    case siteOutage = "site_outage"
    /// The device's clock is wrong.
    case clockSkew = "clock_skew"
    /// The device speaks, and a signal its class declares is missing.
    case sensorLost = "sensor_lost"

    /// About a device that does not speak; the others are about one that does.
    package var isSilence: Bool { self == .silent || self == .siteOutage }
    package var severity: Severity { isSilence ? .warning : .advice }
}

/// One ticket about silence and the devices it stands for, or about what else is wrong with the
/// telemetry of one.
struct SilenceCase: Equatable, Sendable {
    /// A silent device, and when it was last heard as far as the case knows.
    struct Member: Equatable, Sendable {
        var device: DeviceID
        var heard: Timestamp
    }

    let failure: TelemetryFailure
    /// The device the ticket is filed under; of an outage, the first by name.
    let anchor: DeviceID
    /// `nil` for devices that name no site.
    let site: String?
    var ticket: OpenTicket
    /// Who is still silent, or still has the fault; empty once the case has recovered.
    var members: [Member]
    /// How many were silent when the case opened.
    var silentAtFirst: Int
    /// Since when the first member of an outage speaks again.
    var endingSince: Timestamp?

    var isActive: Bool { !members.isEmpty }

    func contains(_ device: DeviceID) -> Bool { members.contains { $0.device == device } }
}

extension SilenceCase {
    func encode(into state: inout StateWriter, name: (DeviceID) -> String) {
        state.put(failure.rawValue)
        state.put(name(anchor))
        state.put(site) { $0.put($1) }
        ticket.encode(into: &state)
        state.put(each: members) { state, member in
            state.put(name(member.device))
            state.put(member.heard)
        }
        state.put(silentAtFirst)
        state.put(endingSince) { $0.put($1) }
    }

    init(
        from state: inout StateReader, device: (String) throws(StateFailure) -> DeviceID
    ) throws(StateFailure) {
        failure = try state.word(TelemetryFailure.self)
        anchor = try device(try state.string())
        site = try state.optionalString()
        ticket = try OpenTicket(from: &state)
        var members: [Member] = []
        for _ in 0..<(try state.count()) {
            members.append(
                Member(device: try device(try state.string()), heard: try state.timestamp()))
        }
        self.members = members
        silentAtFirst = try state.int()
        endingSince = try state.optionalTimestamp()
    }
}
