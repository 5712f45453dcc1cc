import Detection
import Primitives
import Testing
import Tickets
import Windows

@testable import Engine

/// A device that stops sending gets a ticket of its own kind.
@Suite struct SilenceTests {
    private static let three = ["P-1", "P-2", "P-3"]

    @Test func aSilentDeviceGetsATicketAndRecovers() {
        let site = Site()
        site.sites = ["P-1": "a", "P-2": "b"]
        site.pass(minutes: 300, speaking: ["P-1", "P-2"])
        #expect(site.story == [])
        site.pass(minutes: 200, speaking: ["P-2"])
        #expect(site.story == ["opened silent P-1 at 420"])
        site.pass(minutes: 10, speaking: ["P-1", "P-2"])
        #expect(site.story == ["opened silent P-1 at 420", "recovered silent P-1 at 501"])
        let opened = site.changes[0]
        #expect(opened.reason == .noTelemetry)
        #expect(opened.ticket.component == "telemetry")
        #expect(opened.ticket.severity == .warning)
        #expect(opened.ticket.health == nil && opened.ticket.risk == nil)
        #expect(opened.ticket.attributes == [Ticket.Attribute(key: "site", value: "a")])
        #expect(
            opened.ticket.sentence
                == "No telemetry since 2026-01-01 05:00; the device usually sends at least every "
                + "60 seconds.")
        #expect(site.changes[1].ticket.sentence == "Telemetry has returned.")
    }

    /// By its own cadence: an hourly device is not missed after two hours.
    @Test func slowDevicesAreGivenTheirTime() {
        let site = Site()
        site.intervals = ["P-1": 3_600]
        site.sites = ["P-1": "a", "P-2": "b"]
        site.pass(minutes: 60 * 30, speaking: ["P-1", "P-2"])
        site.pass(minutes: 170, speaking: ["P-2"])
        #expect(site.story == [])
        site.pass(minutes: 20, speaking: ["P-2"])
        #expect(site.story == ["opened silent P-1 at 1980"])
    }

    @Test func zeroNeverGivesATicket() {
        var pump = MachineClass.pump(window: .minutes(1))
        pump.detection.silentAfter = .zero
        let site = Site(classes: [pump])
        site.pass(minutes: 60, speaking: ["P-1"])
        site.pass(minutes: 3_000)
        #expect(site.story == [])
    }

    @Test func aDeclaredDeviceThatNeverComesIsMissed() {
        let site = Site(devices: [
            DeclaredDevice(
                name: "P-9", className: "pump",
                attributes: [Device.Attribute(key: "site", value: "north")])
        ])
        site.pass(minutes: 200, speaking: ["P-1"])
        #expect(site.story == ["opened silent P-9 at 120"])
        let ticket = site.changes[0].ticket
        #expect(ticket.deviceClass == "pump")
        #expect(ticket.attributes == [Ticket.Attribute(key: "site", value: "north")])
        #expect(
            ticket.sentence
                == "Declared in the configuration, and nothing has come from it since "
                + "2026-01-01 00:00.")
        site.pass(minutes: 3, speaking: ["P-9", "P-1"])
        #expect(site.story.last == "recovered silent P-9 at 201")
    }

    @Test func aDeclaredDeviceHasItsClassWhateverItSends() {
        let site = Site(devices: [DeclaredDevice(name: "P-1", className: "generic")])
        site.pass(minutes: 5, speaking: ["P-1"])
        #expect(site.registry.devices.map(\.machineClass) == [.generic])
    }

    @Test func devicesOfOneSiteGoingSilentTogetherRaiseOne() {
        let site = Site()
        for device in Self.three + ["P-4"] { site.sites[device] = device == "P-4" ? "b" : "a" }
        site.pass(minutes: 300, speaking: Self.three + ["P-4"])
        site.pass(minutes: 500, speaking: ["P-4"])
        #expect(site.story == ["opened site_outage P-1 at 420"])
        #expect(site.changes[0].reason == .siteSilent)
        #expect(
            site.changes[0].ticket.sentence
                == "3 devices of site a have sent nothing since 2026-01-01 05:00: P-1, P-2, P-3. "
                + "Their power or network has most likely failed.")
        site.pass(minutes: 10, speaking: Self.three + ["P-4"])
        #expect(site.story.dropFirst() == ["recovered site_outage P-1 at 801"])
    }

    @Test func aHundredDevicesAreOneTicket() {
        let site = Site()
        let devices = (1...100).map { "P-\($0)" }
        site.pass(minutes: 200, speaking: devices)
        site.pass(minutes: 200)
        #expect(site.story == ["opened site_outage P-1 at 320"])
    }

    /// A slower device of the same site is missed later, by the same cause.
    @Test func slowerDevicesJoinTheOutage() {
        let site = Site()
        site.intervals = ["P-4": 3_600]
        site.pass(minutes: 60 * 30, speaking: Self.three + ["P-4"])
        site.pass(minutes: 400)
        #expect(site.story == ["opened site_outage P-1 at 1920"])
        site.pass(minutes: 70, speaking: Self.three)
        site.pass(minutes: 500, speaking: Self.three + ["P-4"])
        #expect(site.story.last?.hasPrefix("recovered site_outage P-1") == true)
        #expect(site.story.count == 2)
    }

    /// One of two devices is no outage; both of two are.
    @Test func twoAreAnOutageWhenThereIsNoThird() {
        let both = Site()
        both.pass(minutes: 200, speaking: ["P-1", "P-2"])
        both.pass(minutes: 200)
        #expect(both.story == ["opened site_outage P-1 at 320"])
        let two = Site()
        two.pass(minutes: 200, speaking: Self.three)
        two.pass(minutes: 200, speaking: ["P-3"])
        #expect(two.story == ["opened silent P-1 at 320", "opened silent P-2 at 320"])
    }

    /// Going silent hours apart is no common cause.
    @Test func onesThatGoSilentAtOtherTimesAreTheirOwn() {
        let site = Site()
        site.pass(minutes: 200, speaking: Self.three)
        site.pass(minutes: 100, speaking: ["P-2", "P-3"])
        site.pass(minutes: 100, speaking: ["P-3"])
        site.pass(minutes: 300, speaking: [])
        #expect(
            site.story == [
                "opened silent P-1 at 320", "opened silent P-2 at 420", "opened silent P-3 at 520",
            ])
    }

    /// The site is back but one device is not: that one has a ticket of its own.
    @Test func whoStaysSilentAfterAnOutageGetsItsOwn() {
        let site = Site()
        site.pass(minutes: 200, speaking: Self.three)
        site.pass(minutes: 200)
        site.pass(minutes: 200, speaking: ["P-1", "P-2"])
        #expect(
            site.story == [
                "opened site_outage P-1 at 320", "recovered site_outage P-1 at 521",
                "opened silent P-3 at 521",
            ])
    }

    /// The same ticket goes on when a device flaps; it closes after the quiet period.
    @Test func aFlappingDeviceHasOneTicket() {
        let site = Site()
        site.sites["P-1"] = "a"
        site.pass(minutes: 200, speaking: ["P-1", "P-2"])
        for _ in 0..<3 {
            site.pass(minutes: 150, speaking: ["P-2"])
            site.pass(minutes: 10, speaking: ["P-1", "P-2"])
        }
        #expect(Set(site.changes.map(\.ticket.id)).count == 1)
        #expect(site.changes.map(\.revision) == Array(1...site.changes.count))
        site.pass(minutes: 7 * 1_440 + 10, speaking: ["P-1", "P-2"])
        #expect(site.changes.last?.kind == .closed)
        #expect(site.changes.last?.reason == .quietPeriodOver)
    }

    // MARK: Restart

    @Test func silenceGoesOnOverARestart() throws {
        let site = Site()
        site.sites["P-1"] = "a"
        site.pass(minutes: 200, speaking: ["P-1", "P-2"])
        site.pass(minutes: 60, speaking: ["P-2"])
        try site.restart()
        site.pass(minutes: 70, speaking: ["P-2"])
        #expect(site.story == ["opened silent P-1 at 320"])
        try site.restart()
        site.pass(minutes: 200, speaking: ["P-2"])
        #expect(site.story.count == 1, "no second ticket after a restart")
        site.pass(minutes: 5, speaking: ["P-1", "P-2"])
        #expect(site.story.last == "recovered silent P-1 at 531")
    }

    @Test func timeInWhichNobodyListenedIsNobodysSilence() throws {
        let site = Site()
        site.pass(minutes: 200, speaking: Self.three)
        try site.restart()
        site.sleep(minutes: 3_000)
        site.pass(minutes: 110, speaking: [])
        #expect(site.story == [])
        site.pass(minutes: 20, speaking: [])
        #expect(site.changes.map(\.kind) == [.opened])
    }

    @Test func theClockBeingSetSilencesNobody() {
        let site = Site()
        site.pass(minutes: 200, speaking: Self.three)
        site.sleep(minutes: 60 * 24 * 365)
        site.pass(minutes: 10, speaking: Self.three)
        #expect(site.story == [])
    }

    /// Windows do not say when lines arrived: committed silence is taken over as it was.
    @Test func committedSilenceSurvivesACrashWithoutCheckpoint() {
        let site = Site()
        for device in Self.three { site.sites[device] = "a" }
        site.pass(minutes: 200, speaking: Self.three + ["P-4"])
        site.pass(minutes: 150, speaking: ["P-4"])
        #expect(site.story == ["opened site_outage P-1 at 320"])
        #expect(site.refold() == [])
        site.pass(minutes: 300, speaking: ["P-4"])
        #expect(site.story.count == 1)
        site.pass(minutes: 5, speaking: Self.three + ["P-4"])
        #expect(site.story.count == 2)
        #expect(site.changes.last?.kind == .recovered)
        #expect(site.changes.last?.revision == 2)
        #expect(site.refold() == [])
        site.pass(minutes: 10, speaking: Self.three + ["P-4"])
        #expect(site.story.count == 2)
    }

    // MARK: Recordings

    /// With the event clock only others' lines move time on: the device that stopped is missed.
    @Test func recordingsShowSilenceToo() {
        let run = EngineRun(.byEvent(classes: [.pump(window: .minutes(1))]))
        for minute in 0..<400 {
            let isUp = minute < 100 || minute > 300
            if isUp { run.send(line("P-1,site=a", at: Double(minute) * 60)) }
            run.send(line("P-2", at: Double(minute) * 60))
        }
        run.finish()
        #expect(run.changes.map(\.kind) == [.opened, .recovered])
        #expect(run.changes.first?.ticket.device == "P-1")
    }

    @Test func nobodyTurnsSilentBecauseAFileEnded() {
        let run = EngineRun(.byEvent(classes: [.pump(window: .minutes(10))]))
        for minute in 0..<400 { run.send(line("P-1", at: Double(minute) * 60)) }
        for minute in 400..<519 { run.send(line("P-2", at: Double(minute) * 60)) }
        run.finish()
        #expect(run.changes == [])
    }

    /// A jump beyond the largest is a time without recording.
    @Test func daysWithoutRecordingAreNobodysSilence() {
        let run = EngineRun(.byEvent(classes: [.pump(window: .minutes(1))]))
        for minute in 0..<100 {
            for device in Self.three { run.send(line(device, at: Double(minute) * 60)) }
        }
        for minute in 0..<100 {
            for device in Self.three { run.send(line(device, at: Double(minute) * 60 + 400_000)) }
        }
        run.finish()
        #expect(run.changes == [])
        #expect(run.closed.count > 500)
    }
}
