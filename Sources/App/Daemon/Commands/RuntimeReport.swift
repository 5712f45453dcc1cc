import Foundation
import Intake
import Platform
import Primitives
import Web

/// What the running daemon says about itself: one row in the store, renewed with a step at most
/// every ten seconds, so that every other command only reads the store.
enum RuntimeReport {
    /// Nanoseconds between two of them.
    static let interval: UInt64 = 10_000_000_000

    /// JSON for table `runtime`.
    static func json(
        startedAt: Timestamp, intake: IntakeCounts, journal: JournalState.Counts?
    ) -> String {
        let udp = intake.udp
        let tcp = intake.tcp
        let web = intake.web
        var json = JSONText()
        json.object { json in
            json.member("pid", Int(ProcessInfo.processInfo.processIdentifier))
            json.member("started_at", startedAt.rfc3339)
            json.member("written_at", WallClock.now().rfc3339)
            json.member("datagrams", Int64(clamping: udp.datagrams))
            json.member("datagram_bytes", Int64(clamping: udp.bytes))
            json.member("kernel_drops", Int64(clamping: udp.kernelDrops))
            json.member("truncated", Int64(clamping: udp.truncated))
            json.member("connections_open", Int64(clamping: tcp.open))
            json.member("connections_accepted", Int64(clamping: tcp.accepted))
            json.member("connections_refused", Int64(clamping: tcp.refused))
            json.member("connections_idle_closed", Int64(clamping: tcp.idleClosed))
            json.member("tcp_bytes", Int64(clamping: tcp.bytes))
            json.member("overlong_lines", Int64(clamping: tcp.overlongLines))
            json.member("cut_lines", Int64(clamping: tcp.cutLines))
            json.member("disallowed", Int64(clamping: udp.disallowed &+ tcp.disallowed))
            json.member("lines_over_rate", Int64(clamping: udp.linesOverRate &+ tcp.linesOverRate))
            json.member(
                "datagram_listeners",
                array: { json in
                    for (listener, counts) in intake.eachUDP {
                        json.object { json in
                            json.member("address", listener)
                            json.member("datagrams", Int64(clamping: counts.datagrams))
                            json.member("kernel_drops", Int64(clamping: counts.kernelDrops))
                        }
                    }
                })
            json.member("requests", Int64(clamping: web.requests))
            json.member("http_lines", Int64(clamping: web.linesTaken))
            json.member("http_busy", Int64(clamping: web.busy))
            json.member("web_connections_open", Int64(clamping: web.open))
            json.member("web_connections_refused", Int64(clamping: web.connectionsRefused))
            if let journal {
                json.member("journal_bytes", Int64(clamping: journal.bytes))
                json.member("journal_records", Int64(clamping: journal.records))
                json.member("journal_recovered", Int64(clamping: journal.recordsRecovered))
                json.member(
                    "journal_failures",
                    Int64(clamping: journal.blocksRefused &+ journal.blocksUnwritten))
            }
            json.member("resident_bytes", Int64(clamping: ProcessUsage.residentBytes))
        }
        return json.text
    }

    private struct Facts: Decodable {
        var pid: Int32
        var startedAt: String
        var writtenAt: String
        var datagrams: Int64
        var kernelDrops: Int64
        var truncated: Int64
        var connectionsOpen: Int64
        var connectionsAccepted: Int64
        var connectionsRefused: Int64
        var connectionsIdleClosed: Int64
        var tcpBytes: Int64
        var overlongLines: Int64
        var cutLines: Int64
        var disallowed: Int64
        var linesOverRate: Int64
        var datagramListeners: [DatagramListener]
        var requests: Int64
        var httpLines: Int64
        var httpBusy: Int64
        var webConnectionsOpen: Int64
        var webConnectionsRefused: Int64
        var residentBytes: Int64
        /// Of a daemon that writes one.
        var journalBytes: Int64?
        var journalRecords: Int64?
        var journalRecovered: Int64?
        var journalFailures: Int64?

        /// Nil without a journal.
        var journalText: String? {
            guard let bytes = journalBytes else { return nil }
            return "\(bytes / 1_048_576) MiB, \(journalRecords ?? 0) records, "
                + "\(journalRecovered ?? 0) taken in again, \(journalFailures ?? 0) not written"
        }

        struct DatagramListener: Decodable {
            var address: String
            var kernelDrops: Int64
        }

        /// The number, and where there are several listeners whose it is.
        var kernelDropsText: String {
            let guilty = datagramListeners.filter { $0.kernelDrops > 0 }
            guard datagramListeners.count > 1, !guilty.isEmpty else { return String(kernelDrops) }
            return "\(kernelDrops) ("
                + guilty.map { "\($0.address): \($0.kernelDrops)" }.joined(separator: ", ") + ")"
        }
    }

    /// Name and value for people; nothing when no daemon has written any.
    static func rows(_ json: String) -> [(String, String)] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let facts = try? decoder.decode(Facts.self, from: Data(json.utf8)) else {
            return []
        }
        let runs = kill(facts.pid, 0) == 0 || errno == EPERM
        var rows = [
            ("Process", "\(facts.pid), " + (runs ? "running" : "not running")),
            ("Started", facts.startedAt), ("Counters of", facts.writtenAt),
            ("Datagrams", String(facts.datagrams)),
            ("Kernel drops", facts.kernelDropsText),
            ("Truncated", String(facts.truncated)),
            (
                "Connections",
                "\(facts.connectionsOpen) open, \(facts.connectionsAccepted) accepted, "
                    + "\(facts.connectionsRefused) refused, "
                    + "\(facts.connectionsIdleClosed) closed for silence"
            ),
            ("Bytes over TCP", String(facts.tcpBytes)),
            ("Overlong lines", String(facts.overlongLines)),
            ("Cut lines", String(facts.cutLines)),
            ("Not allowed", String(facts.disallowed)),
            ("Over the rate", String(facts.linesOverRate)),
            (
                "Requests",
                "\(facts.requests), \(facts.httpLines) lines, \(facts.httpBusy) told to come back"
            ),
            (
                "Web connections",
                "\(facts.webConnectionsOpen) open, \(facts.webConnectionsRefused) refused"
            ),
            ("Memory", "\(facts.residentBytes / 1_048_576) MiB"),
        ]
        if let journal = facts.journalText { rows.append(("Journal", journal)) }
        return rows
    }
}
