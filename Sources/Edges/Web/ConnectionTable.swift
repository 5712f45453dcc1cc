internal import NIOCore
internal import Synchronization

/// The connections of this room that are open: how many there may be, and whom to tell at the end.
final class ConnectionTable: Sendable {
    private let most: Int
    private let counts: RunningWebCounts
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    init(most: Int, counts: RunningWebCounts) {
        self.most = most
        self.counts = counts
    }

    /// False when as many are open as there may be; else the connection is here until it closes.
    func admit(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isAdmitted = channels.withLock { channels in
            guard channels.count < most else { return false }
            channels[id] = channel
            return true
        }
        guard isAdmitted else {
            counts.add(\.connectionsRefused)
            return false
        }
        counts.add(\.accepted)
        counts.add(\.open)
        channel.closeFuture.whenComplete { _ in
            self.channels.withLock { $0[id] = nil }
            self.counts.connectionClosed()
        }
        return true
    }

    /// Asks every connection to end after what it is doing.
    func quiesce() {
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(Self.quiescing) }
    }

    func closeAll() {
        for channel in open { channel.close(promise: nil) }
    }

    private var open: [any Channel] { channels.withLock { Array($0.values) } }
    private static var quiescing: ChannelShouldQuiesceEvent { ChannelShouldQuiesceEvent() }
}
