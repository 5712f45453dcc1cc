import Primitives

/// What the events of a device up to some time make of it.
///
/// It is the same in whatever order they come: an event that is told late undoes nothing that a
/// later one has decided.
struct MaintenanceStanding: Equatable, Sendable {
    /// The latest event of each kind; of one component or all alike.
    private(set) var failedAt = Timestamp.distantPast
    private(set) var restartedAt = Timestamp.distantPast
    private(set) var retiredAt = Timestamp.distantPast
    private(set) var commissionedAt = Timestamp.distantPast

    /// Failed, and nobody has seen to it since. Whichever component was seen to: a device that
    /// stays unwatched because its repair was filed under another word would be the greater harm.
    var isInWork: Bool { failedAt > restartedAt }
    var isRetired: Bool { retiredAt > commissionedAt }

    mutating func take(_ event: MaintenanceEvent) {
        switch event.kind {
        case .failure: failedAt = max(failedAt, event.time)
        case .retired: retiredAt = max(retiredAt, event.time)
        case .repair, .replacement: restartedAt = max(restartedAt, event.time)
        case .commissioned:
            restartedAt = max(restartedAt, event.time)
            commissionedAt = max(commissionedAt, event.time)
        case .inspection: break
        }
    }

    func encode(into state: inout StateWriter) {
        for time in [failedAt, restartedAt, retiredAt, commissionedAt] { state.put(time) }
    }

    init() {}

    init(from state: inout StateReader) throws(StateFailure) {
        failedAt = try state.timestamp()
        restartedAt = try state.timestamp()
        retiredAt = try state.timestamp()
        commissionedAt = try state.timestamp()
    }
}
