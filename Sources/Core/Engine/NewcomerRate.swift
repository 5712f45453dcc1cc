import Primitives

/// How many devices are new in the present minute of arrival time: who invents names for ever fills
/// the registry slowly, and it is seen before it is full.
struct NewcomerRate: Sendable {
    private static let minute = TimeSpan.minutes(1)

    let limit: Int
    private var start = Timestamp.distantPast
    private var count = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether one more may come.
    func admits(at now: Timestamp) -> Bool { isOver(at: now) || count < limit }

    mutating func count(at now: Timestamp) {
        if isOver(at: now) {
            start = now
            count = 0
        }
        count += 1
    }

    /// Also after a jump back of the clock: then the minute starts anew.
    private func isOver(at now: Timestamp) -> Bool {
        now < start || now - start >= Self.minute
    }

    func encode(into state: inout StateWriter) {
        state.put(start)
        state.put(count)
    }

    mutating func restore(from state: inout StateReader) throws(StateFailure) {
        start = try state.timestamp()
        count = try state.int()
    }
}
