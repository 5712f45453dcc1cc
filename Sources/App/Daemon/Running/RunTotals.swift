import Engine
import Intake
import Platform
import Primitives
import Synchronization
import Tickets
import Web

/// What a run of the daemon has done, for the line it leaves with.
final class RunTotals: Sendable {
    private struct Totals {
        var counters = EngineCounters()
        var opened = 0
        var changes = 0
        var refused: [RefusedKey: UInt64] = [:]
    }

    private struct RefusedKey: Hashable {
        var transport: LineSource.Transport
        var reason: String
    }

    private let totals = Mutex(Totals())

    func add(_ step: EngineStep) {
        totals.withLock { totals in
            totals.counters = step.counters
            for item in step.refused {
                let key = RefusedKey(transport: item.source.transport, reason: item.reason)
                totals.refused[key, default: 0] += UInt64(item.count)
            }
            totals.changes += step.changes.count
            totals.opened += step.changes.count { $0.kind == .opened }
        }
    }

    /// What the web server prints for Prometheus.
    func snapshot(
        _ intake: IntakeCounts, pool: BlockPool, blocks: BoundedQueue<LineBlock>
    ) -> IntakeSnapshot {
        let now = totals.withLock { $0 }
        var snapshot = IntakeSnapshot()
        snapshot.udp = intake.udp
        snapshot.tcp = intake.tcp
        snapshot.linesAccepted = now.counters.linesAccepted
        snapshot.linesLate = now.counters.linesLate
        snapshot.readingsAmending = now.counters.readingsAmending
        snapshot.readings = now.counters.readings
        snapshot.windowsClosed = now.counters.windowsClosed
        snapshot.refused = now.refused.map { key, count in
            IntakeSnapshot.Refused(
                transport: "\(key.transport)", reason: key.reason, count: count)
        }.sorted { ($0.transport, $0.reason) < ($1.transport, $1.reason) }
        snapshot.blocks = pool.blocks
        snapshot.blocksFree = pool.available
        snapshot.blocksWaiting = blocks.count
        snapshot.residentBytes = UInt64(clamping: ProcessUsage.residentBytes)
        return snapshot
    }

    /// `stopped lines=... refused=... late=... windows=... tickets=... changes=... datagrams=...
    /// kernel_drops=... truncated=... connections=... tcp_bytes=... idle_closed=...
    /// connections_refused=... overlong=... cut=... disallowed=... over_rate=...
    /// requests=... http_lines=... http_busy=... http_connections_refused=...`
    func summary(_ intake: IntakeCounts) -> String {
        let now = totals.withLock { $0 }
        let udp = intake.udp
        let tcp = intake.tcp
        let web = intake.web
        return "stopped lines=\(now.counters.linesAccepted) refused=\(now.counters.linesRefused)"
            + " windows=\(now.counters.windowsClosed) tickets=\(now.opened)"
            + " changes=\(now.changes) datagrams=\(udp.datagrams)"
            + " kernel_drops=\(udp.kernelDrops) truncated=\(udp.truncated)"
            + " connections=\(tcp.accepted) tcp_bytes=\(tcp.bytes)"
            + " idle_closed=\(tcp.idleClosed) connections_refused=\(tcp.refused)"
            + " overlong=\(tcp.overlongLines) cut=\(tcp.cutLines)"
            + " disallowed=\(udp.disallowed &+ tcp.disallowed)"
            + " over_rate=\(udp.linesOverRate &+ tcp.linesOverRate)"
            + " requests=\(web.requests) http_lines=\(web.linesTaken) http_busy=\(web.busy)"
            + " http_connections_refused=\(web.connectionsRefused)"
    }
}
