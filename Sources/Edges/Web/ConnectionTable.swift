internal import Intake
internal import NIOCore
internal import Primitives
internal import Synchronization

/// The connections of this room that are open: how many there may be, whose they are, and whom to
/// tell at the end.
final class ConnectionTable: Sendable {
    private struct Open {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var bySource: [LineSource: Int] = [:]
    }

    private let limits: WebLimits
    private let counts: RunningWebCounts
    private let open = Mutex(Open())

    init(limits: WebLimits, counts: RunningWebCounts) {
        self.limits = limits
        self.counts = counts
    }

    /// The reason when as many are open as there may be, of all or of this sender; else the
    /// connection is here until it closes.
    func admit(_ channel: any Channel, of source: LineSource) -> IntakeRefusalReason? {
        let id = ObjectIdentifier(channel)
        let reason = open.withLock { open -> IntakeRefusalReason? in
            guard open.channels.count < limits.connections else { return .tooManyConnections }
            let own = open.bySource[source] ?? 0
            guard own < limits.connectionsPerSource else { return .tooManyConnectionsOfSource }
            open.channels[id] = channel
            open.bySource[source] = own + 1
            return nil
        }
        guard reason == nil else {
            counts.add(\.connectionsRefused)
            return reason
        }
        counts.add(\.accepted)
        counts.add(\.open)
        channel.closeFuture.whenComplete { _ in
            self.open.withLock { open in
                open.channels[id] = nil
                let own = (open.bySource[source] ?? 1) - 1
                open.bySource[source] = own == 0 ? nil : own
            }
            self.counts.connectionClosed()
        }
        return nil
    }

    /// Asks every connection to end after what it is doing.
    func quiesce() {
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    func closeAll() {
        for channel in channels { channel.close(promise: nil) }
    }

    private var channels: [any Channel] { open.withLock { Array($0.channels.values) } }
}
