import Primitives
import Testing
import Tickets
import Windows

@testable import Engine

/// What arrives after an outage is history: windowed and learned from at its own times, told once.
@Suite struct BacklogTests {
    /// Ten hours heard, then a night of which nothing was heard but what `night` lets happen.
    private func site(
        source: ClockPolicy.Source = .wall, _ night: (BacklogSite) -> Void
    ) -> BacklogSite {
        let site = BacklogSite(source: source)
        site.live(600)
        night(site)
        return site
    }

    @Test func windowsAreMadeAtTheirOwnTimes() {
        let site = site {
            $0.outage(300); $0.upload(); $0.live(5)
        }
        let starts = site.closed.map { $0.frame.start.nanoseconds / 60_000_000_000 }
        #expect(starts.count == 903)
        #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 == $0 + 1 })
        // The first of the night to the last that was older than a quarter of an hour.
        let late = site.closed.filter { $0.judgedLate != nil }
        #expect((280...286).contains(late.count))
        #expect(site.closed.last?.judgedLate == nil)
    }

    @Test func whatCameAndWentIsNotTold() {
        let site = site {
            $0.outage(60, 12, fault: "E7")
            $0.outage(240)
            $0.upload()
            $0.live(60)
        }
        #expect(site.alerts == [])
        #expect(site.faults == [])
        #expect(site.faultEvents == ["E7"])
        // The ticket was worth one.
        #expect(site.story.first == "opened 1 urgent")
        #expect(site.story.count <= 2)
    }

    @Test func whatStandsIsToldOnce() {
        let site = site {
            $0.outage(200)
            $0.outage(100, 12, fault: "E7")
            $0.upload()
            $0.live(60, 12, fault: "E7")
        }
        #expect(site.alerts == ["abnormal 804"])
        #expect(site.faults == ["E7 801"])
        #expect(site.story == ["opened 1 urgent"])
    }

    /// Several rounds of the same trouble, each of which would have been told as it happened.
    @Test func nothingIsReplayedOneByOne() {
        let site = site {
            for round in 0..<4 {
                $0.outage(60, 12, fault: "E\(round)")
                $0.outage(60)
            }
            $0.upload(pieces: 7)
            $0.live(1)
        }
        #expect(site.alerts == [])
        #expect(site.faults == [])
        #expect(site.faultEvents == ["E0", "E1", "E2", "E3"])
        #expect(site.story.first == "opened 1 urgent")
        #expect(site.story.count <= 2)
        #expect(Set(site.changes.map(\.ticket.id)).count == 1)
    }

    /// As it happens the same is told again and again.
    @Test func newsIsToldAsItHappens() {
        let site = site {
            for round in 0..<4 {
                $0.live(60, 12, fault: "E\(round)")
                $0.live(60)
            }
        }
        #expect(site.alerts.count == 8)
        #expect(site.faults.count == 4)
    }

    /// A recording is worked through in its own time: nothing of it is a backlog.
    @Test func recordingsAreNews() {
        let site = site(source: .event) {
            $0.outage(60, 12, fault: "E1")
            $0.outage(240)
            $0.upload()
        }
        #expect(site.alerts.count == 2)
        #expect(site.faults == ["E1 601"])
        #expect(site.closed.allSatisfy { $0.judgedLate == nil })
    }

    /// A device that sends what it measured once a day is told about too.
    @Test func whatNoNewsFollowsIsToldAfterAWhile() {
        let site = site {
            $0.outage(200)
            $0.outage(60, 12, fault: "E7")
            $0.outage(20, 12, fault: "E7")
            $0.silence(60)
            $0.upload()
        }
        #expect(site.alerts == [])
        site.silence(14)
        #expect(site.alerts == [])
        #expect(site.faults == [])
        site.silence(2)
        #expect(site.alerts == ["abnormal 804"])
        #expect(site.faults == ["E7 801"])
        site.silence(60)
        #expect(site.alerts.count == 1)
        #expect(site.faults.count == 1)
    }

    /// An open ticket that changes meanwhile changes once.
    @Test func anOpenTicketIsToldOnce() {
        let site = site {
            $0.live(60, 12)
            $0.outage(200)
            $0.outage(60, 12)
            $0.outage(1_600)
            $0.upload(pieces: 3)
        }
        // The last windows are news already.
        #expect(site.story == ["opened 1 urgent", "recovered 2 urgent"])
        #expect(site.alerts.suffix(1).first?.hasPrefix("normal") == true)
    }

    @Test func anOpenTicketIsToldAfterAWhile() {
        let site = site {
            $0.live(60, 12)
            $0.outage(1_600)
            $0.silence(60)
            $0.upload(pieces: 3)
            $0.silence(20)
        }
        #expect(site.story == ["opened 1 urgent", "recovered 2 urgent"])
    }

    /// What a person decides comes first, and tells the ticket as it stands.
    @Test func aDecisionTellsWhatIsHeld() throws {
        let site = site {
            $0.live(60, 12)
            $0.outage(1_600)
            $0.silence(60)
            $0.upload()
        }
        let ticket = try #require(site.changes.first?.ticket.id)
        site.decide(.acknowledge(ticket: ticket))
        site.silence(30)
        #expect(site.story == ["opened 1 urgent", "acknowledged 2 urgent"])
    }

    @Test func maintenanceTellsWhatIsHeld() {
        let site = site {
            $0.live(60, 12)
            $0.outage(1_600)
            $0.silence(60)
            $0.upload()
            $0.maintain(.replacement)
            $0.silence(30)
        }
        #expect(site.story == ["opened 1 urgent", "closed 2 urgent"])
    }

    @Test func aRestartHoldsWhatIsHeld() throws {
        let site = site {
            $0.live(60, 12)
            $0.live(30)
            $0.outage(1_600)
            $0.outage(60, 12, fault: "E7")
            $0.silence(60)
            $0.upload()
        }
        let told = site.alerts.count
        try site.restart()
        #expect(site.alerts.count == told)
        #expect(site.faults == [])
        site.silence(16)
        #expect(site.alerts.count == told + 1)
        #expect(site.faults.count == 1)
        #expect(site.story.count == 2)
    }

    /// A crash gives the same tickets, whether it comes before or after they were told.
    @Test(arguments: [0, 20]) func foldingAgainGivesTheSame(_ after: Int64) {
        let site = site {
            $0.live(60, 12)
            $0.outage(1_600)
            $0.silence(60)
            $0.upload(pieces: 4)
            $0.silence(after)
        }
        let committed = site.changes.count
        #expect(committed == (after == 0 ? 1 : 2))
        let again = site.refold().filter { $0.ticket.component != "telemetry" }
        #expect(again == site.changes)
        site.silence(30)
        #expect(site.story == ["opened 1 urgent", "recovered 2 urgent"])
    }
}
