internal import Logging
internal import Platform
internal import Primitives

/// What the stream thread owns, and the rounds it makes: wait, accept, read, hand on, look after
/// those who are quiet.
struct TCPRounds: ~Copyable {
    private(set) var counts = TCPCounts()
    private let listeners: [TCPListener]
    private let limits: IntakeLimits
    private let boundary: RecordingReader.Boundary
    /// One for each listener.
    private let gates: [SourceGate]
    private let logger: Logger
    private var filling: BlockFilling
    private var poll: ReadinessPoll
    /// A connection's place is its token; free places are used again.
    private var connections: [TCPConnection?] = []
    private var freePlaces: [Int] = []
    /// Open connections of each sender that has any.
    private var openOfSource: [LineSource: Int] = [:]
    /// Listeners that are not watched until the next look: the process is out of descriptors.
    private var paused: Set<Int> = []
    private var warnedOfDescriptors = false
    private var nextLook: UInt64 = 0
    /// When the next round may begin; ``MonotonicClock``.
    private var nextRound: UInt64 = 0
    /// False once nobody takes blocks any more.
    private var isWanted = true

    /// Tokens from here on are listeners, the last one is the wake signal.
    private static let firstListenerToken = UInt64(1) << 32

    init(
        listeners: [TCPListener], limits: IntakeLimits,
        boundary: @escaping RecordingReader.Boundary, logger: Logger,
        poll: consuming ReadinessPoll, filling: consuming BlockFilling
    ) {
        self.listeners = listeners
        self.limits = limits
        self.boundary = boundary
        gates = listeners.map { SourceGate($0.policy, limits: limits, boundary: boundary) }
        self.logger = logger
        self.filling = filling
        self.poll = poll
    }

    /// Begins to wait for connections, and for the signal.
    func watch(_ wake: borrowing WakeSignal) throws(SystemFailure) {
        for place in listeners.indices { try watchListener(place) }
        try poll.add(wake, token: UInt64.max)
    }

    /// One round. False when nobody takes blocks any more.
    mutating func next() throws(SystemFailure) -> Bool {
        var ready = try poll.wait(milliseconds: pause)
        if MonotonicClock.now() < nextRound {
            // Whoever has something to read by then is of this round, too.
            MonotonicClock.sleep(until: nextRound)
            ready = try poll.wait(milliseconds: 0)
        }
        let now = MonotonicClock.now()
        let arrival = WallClock.now()
        let bytesBefore = counts.bytes
        for index in 0..<ready where isWanted {
            let token = poll.token(index)
            if token < Self.firstListenerToken {
                takeTurn(Int(token), arrival: arrival, now: now)
            } else if token != .max {
                try accept(Int(token - Self.firstListenerToken), arrival: arrival, now: now)
            }
        }
        // Where much comes there is more to read already, and nobody is made to wait.
        let isMuch = counts.bytes - bytesBefore >= UInt64(limits.readBytesMin)
        nextRound = isMuch ? 0 : now + limits.gatherTime
        if now >= nextLook { try lookAfterTheQuiet(arrival: arrival, now: now) }
        return filling.handOn() && isWanted
    }

    /// The end: takes the connections the kernel still holds, and reads each until it has nothing
    /// more now. Peers that go on sending prolong this by ``IntakeLimits/drainTime`` at most.
    mutating func finish() {
        let now = MonotonicClock.now()
        for listener in listeners {
            poll.remove(listener.socket)
            listener.socket.removeFile()
        }
        let end = now + limits.drainTime
        var isQuiet = false
        while isWanted && !isQuiet && MonotonicClock.now() < end {
            // Out of descriptors, only as many are taken as others have left meanwhile.
            let before = (counts.accepted, counts.bytes, counts.open)
            takeWaiting(now: now)
            for place in connections.indices where isWanted && connections[place] != nil {
                takeTurn(place, arrival: WallClock.now(), now: now)
            }
            isQuiet = before == (counts.accepted, counts.bytes, counts.open)
        }
        for place in connections.indices { close(place, arrival: WallClock.now()) }
        _ = filling.handOn()
    }

    private mutating func takeWaiting(now: UInt64) {
        for place in listeners.indices {
            var left = limits.connections
            while left > 0, (try? takeConnection(place, WallClock.now(), now)) == true {
                left -= 1
            }
        }
    }

    // MARK: Connections

    private mutating func accept(
        _ place: Int, arrival: Timestamp, now: UInt64
    ) throws(SystemFailure) {
        var left = limits.acceptsPerTurn
        do throws(SystemFailure) {
            while left > 0, isWanted, try takeConnection(place, arrival, now) { left -= 1 }
        } catch {
            guard error.isRetryable else { throw error }
            // Asking again at once would find the same; those who wait stay in the kernel's list.
            poll.remove(listeners[place].socket)
            paused.insert(place)
            guard !warnedOfDescriptors else { return }
            warnedOfDescriptors = true
            logger.warning(
                "cannot take a connection; others are not affected",
                metadata: [
                    "listener.address": "\(listeners[place].localAddress)", "error": "\(error)",
                    "connections": "\(counts.open)",
                ])
        }
    }

    /// Takes who has waited longest, or refuses them; false when nobody waits.
    private mutating func takeConnection(
        _ place: Int, _ arrival: Timestamp, _ now: UInt64
    ) throws(SystemFailure) -> Bool {
        guard let socket = try listeners[place].socket.accept() else { return false }
        if let reason = reasonAgainst(socket.source, gates[place]) {
            if reason == .sourceNotAllowed { counts.disallowed += 1 } else { counts.refused += 1 }
            note(IntakeRefusal(reason, source: socket.source, arrival: arrival))
            return true
        }
        let connection = TCPConnection(
            socket, gate: gates[place], limits: limits, boundary: boundary, now: now)
        if freePlaces.isEmpty {
            freePlaces.append(connections.count)
            connections.append(nil)
        }
        let free = freePlaces.removeLast()
        try connection.watch(with: poll, token: UInt64(free))
        connections[free] = connection
        openOfSource[connection.source, default: 0] += 1
        counts.accepted += 1
        counts.open += 1
        return true
    }

    /// Why a connection of this sender is not taken; nil when it is.
    private func reasonAgainst(_ source: LineSource, _ gate: SourceGate) -> IntakeRefusalReason? {
        if !gate.policy.allows(source) { return .sourceNotAllowed }
        if counts.open >= UInt64(limits.connections) { return .tooManyConnections }
        let own = openOfSource[source] ?? 0
        return own >= limits.connectionsPerSource ? .tooManyConnectionsOfSource : nil
    }

    private mutating func takeTurn(_ place: Int, arrival: Timestamp, now: UInt64) {
        // It may have been closed earlier in this round.
        guard let connection = connections[place] else { return }
        var findings = TCPConnection.Findings()
        let outcome = filling.withRoom(for: connection.bytesNeeded) { block in
            connection.takeTurn(&block, arrival: arrival, now: now, &findings)
        }
        guard let outcome else {
            isWanted = false
            return
        }
        take(findings)
        if outcome == .closed { forget(place) }
    }

    /// Closes a connection from this side.
    private mutating func close(_ place: Int, arrival: Timestamp) {
        guard let connection = connections[place] else { return }
        var findings = TCPConnection.Findings()
        connection.refusePartialLine(arrival, &findings)
        take(findings)
        forget(place)
    }

    private mutating func forget(_ place: Int) {
        if let source = connections[place]?.source {
            let others = (openOfSource[source] ?? 1) - 1
            openOfSource[source] = others > 0 ? others : nil
        }
        connections[place] = nil
        freePlaces.append(place)
        counts.open -= 1
    }

    private mutating func take(_ findings: TCPConnection.Findings) {
        counts.bytes += UInt64(findings.bytes)
        for refusal in findings.refusals {
            switch refusal.reason {
            case .lineTooLong: counts.overlongLines += 1
            case .connectionLost: counts.cutLines += 1
            case .rateExceeded, .tooManySources: counts.linesOverRate += UInt64(refusal.count)
            default: break
            }
            note(refusal)
        }
    }

    private mutating func note(_ refusal: IntakeRefusal) {
        if !filling.note(refusal) { isWanted = false }
    }

    // MARK: The quiet

    /// Milliseconds between two looks; nil when there is nobody to look after.
    private var pause: Int? {
        guard counts.open > 0 || !paused.isEmpty else { return nil }
        var shortest = min(limits.openStringTime, 4_000_000_000)
        if limits.connectionIdleTime > 0 { shortest = min(shortest, limits.connectionIdleTime) }
        return max(1, Int(shortest / 4_000_000))
    }

    /// Closes who has been quiet for too long, lets go of what an open string holds back, and
    /// listens again where descriptors ran out.
    private mutating func lookAfterTheQuiet(
        arrival: Timestamp, now: UInt64
    ) throws(SystemFailure) {
        nextLook = now + UInt64(pause ?? 0) * 1_000_000
        for place in connections.indices {
            guard isWanted, let connection = connections[place] else { continue }
            if limits.connectionIdleTime > 0,
                now >= connection.lastActivity + limits.connectionIdleTime
            {
                counts.idleClosed += 1
                close(place, arrival: arrival)
            } else if let since = connection.openStringSince,
                now >= since + limits.openStringTime
            {
                var findings = TCPConnection.Findings()
                let isDone = filling.withRoom(for: connection.bytesNeeded) { block in
                    connection.releaseOpenString(
                        &block, arrival: arrival, now: now, &findings)
                }
                take(findings)
                if isDone == nil { isWanted = false }
            }
        }
        for place in paused.sorted() { try watchListener(place) }
        paused.removeAll()
    }

    private func watchListener(_ place: Int) throws(SystemFailure) {
        try poll.add(
            listeners[place].socket, token: Self.firstListenerToken + UInt64(place))
    }
}
