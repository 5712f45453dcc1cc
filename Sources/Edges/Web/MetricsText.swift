internal import Intake

/// The counters as Prometheus reads them: text format 0.0.4, names that end in their unit, counters
/// in `_total`.
enum MetricsText {
    static func text(_ intake: IntakeSnapshot, web: WebCounts) -> String {
        var text = Writer()
        text.family(
            "forestall_received_bytes_total", .counter, "Bytes of telemetry received",
            [
                (#"transport="udp""#, intake.udp.bytes),
                (#"transport="tcp""#, intake.tcp.bytes),
                (#"transport="tls""#, web.streamBytes),
                (#"transport="http""#, web.bodyBytes),
            ])
        text.family(
            "forestall_received_datagrams_total", .counter, "Datagrams received",
            [("", intake.udp.datagrams)])
        text.family(
            "forestall_truncated_datagrams_total", .counter,
            "Datagrams longer than the limit", [("", intake.udp.truncated)])
        text.family(
            "forestall_kernel_drops_total", .counter,
            "Datagrams the kernel threw away because its buffer was full",
            [(#"transport="udp""#, intake.udp.kernelDrops)])
        connections(&text, intake.tcp, web)
        requests(&text, web)
        text.family(
            "forestall_lines_total", .counter, "Lines taken in", [("", intake.linesAccepted)])
        text.family(
            "forestall_lines_late_total", .counter, "Lines too late even for a closed window",
            [("", intake.linesLate)])
        text.family(
            "forestall_readings_amending_total", .counter,
            "Readings that came after their window was closed and amended it",
            [("", intake.readingsAmending)])
        text.family(
            "forestall_refused_total", .counter,
            "Lines, connections and requests refused, by reason",
            intake.refused.map { refused in
                ("transport=\"\(refused.transport)\",reason=\"\(refused.reason)\"", refused.count)
            })
        text.family(
            "forestall_readings_total", .counter, "Readings taken in", [("", intake.readings)])
        text.family(
            "forestall_windows_closed_total", .counter, "Windows closed",
            [("", intake.windowsClosed)])
        text.family(
            "forestall_blocks", .gauge, "Blocks of lines there are",
            [("", UInt64(clamping: intake.blocks))])
        text.family(
            "forestall_blocks_free", .gauge, "Blocks of lines that are free",
            [("", UInt64(clamping: intake.blocksFree))])
        text.family(
            "forestall_blocks_waiting", .gauge, "Blocks of lines that wait for the engine",
            [("", UInt64(clamping: intake.blocksWaiting))])
        text.family(
            "forestall_store_waiting", .gauge, "1 while nothing can be committed, else 0",
            [("", intake.storeTrouble == nil ? 0 : 1)])
        text.family(
            "forestall_damaged_databases", .gauge, "Databases that were set aside",
            [("", UInt64(clamping: intake.damagedDatabases))])
        if let journal = intake.journal { Self.journal(&text, journal) }
        text.family(
            "process_resident_memory_bytes", .gauge, "Resident memory",
            [("", intake.residentBytes)])
        return text.text
    }

    private static func connections(_ text: inout Writer, _ tcp: TCPCounts, _ web: WebCounts) {
        text.family(
            "forestall_connections_open", .gauge, "Connections open now",
            [(#"transport="tcp""#, tcp.open), (#"transport="http""#, web.open)])
        text.family(
            "forestall_connections_total", .counter, "Connections taken",
            [(#"transport="tcp""#, tcp.accepted), (#"transport="http""#, web.accepted)])
        text.family(
            "forestall_connections_refused_total", .counter,
            "Connections closed at once because too many were open",
            [(#"transport="tcp""#, tcp.refused), (#"transport="http""#, web.connectionsRefused)])
        text.family(
            "forestall_connections_idle_closed_total", .counter,
            "Connections closed because nothing came for too long",
            [(#"transport="tcp""#, tcp.idleClosed), (#"transport="http""#, web.idleClosed)])
    }

    private static func journal(_ text: inout Writer, _ journal: IntakeSnapshot.Journal) {
        text.family(
            "forestall_journal_bytes", .gauge, "Bytes of the journal's files", [("", journal.bytes)]
        )
        text.family(
            "forestall_journal_records_total", .counter, "Records written to the journal",
            [("", journal.records)])
        text.family(
            "forestall_journal_synchronizations_total", .counter,
            "Times the disk was waited for", [("", journal.synchronizations)])
        text.family(
            "forestall_journal_failures_total", .counter,
            "Blocks that could not be written down: refused, or taken in without it",
            [
                (#"outcome="refused""#, journal.blocksRefused),
                (#"outcome="unwritten""#, journal.blocksUnwritten),
            ])
    }

    private static func requests(_ text: inout Writer, _ web: WebCounts) {
        text.family(
            "forestall_http_requests_total", .counter, "Requests answered", [("", web.requests)])
        text.family(
            "forestall_http_requests_refused_total", .counter, "Requests not taken in, by reason",
            [
                (#"reason="unauthorized""#, web.unauthorized),
                (#"reason="body_too_large""#, web.bodiesTooLarge),
                (#"reason="corrupt_body""#, web.bodiesCorrupt),
                (#"reason="request_timeout""#, web.timedOut), (#"reason="busy""#, web.busy),
            ])
        text.family(
            "forestall_http_lines_total", .counter, "Lines of bodies that were handed on",
            [("", web.linesTaken)])
        text.family(
            "forestall_tls_handshakes_failed_total", .counter,
            "Connections without an understanding about TLS", [("", web.handshakesFailed)])
    }

    private enum Kind: String {
        case counter
        case gauge
    }

    private struct Writer {
        private(set) var text = ""

        mutating func family(
            _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: String, UInt64)]
        ) {
            text += "# HELP \(name) \(help).\n# TYPE \(name) \(kind.rawValue)\n"
            for (labels, value) in samples {
                text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
            }
        }
    }
}
