import Primitives

/// What a signal said before it ceased to be believed: that stands meanwhile, because a sensor that
/// fails repairs no machine.
///
/// The last window before a sensor is found broken is often spoiled already, so it does not count:
/// what stands is the one before it.
struct HeldJudgement: Equatable, Sendable {
    struct Judgement: Equatable, Sendable {
        var zone = LimitZone.within
        var score = 0.0
        var degradation = 0.0
    }

    private(set) var standing = Judgement()
    private var latest = Judgement()

    mutating func take(_ judgement: Judgement) {
        standing = latest
        latest = judgement
    }
}

extension HeldJudgement {
    func encode(into state: inout StateWriter) {
        for judgement in [standing, latest] {
            state.put(judgement.zone.rawValue)
            state.put(judgement.score)
            state.put(judgement.degradation)
        }
    }

    init(from state: inout StateReader) throws(StateFailure) {
        standing = try Judgement(from: &state)
        latest = try Judgement(from: &state)
    }
}

extension HeldJudgement.Judgement {
    fileprivate init(from state: inout StateReader) throws(StateFailure) {
        zone = try state.code(LimitZone.self)
        score = try state.double()
        degradation = try state.double()
    }
}
