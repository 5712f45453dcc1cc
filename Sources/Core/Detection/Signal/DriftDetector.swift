package import Primitives

/// Is this slowly walking away from how it was when it was commissioned?
///
/// What comes in: one mean of a block of time (a day, or some hours) after another. What goes out:
/// a two-sided cumulative sum (E. S. Page, Continuous inspection schemes, Biometrika 41, 1954) of
/// the deviations from the first blocks, and the robust slope of the latest. What always holds: the
/// first blocks are the reference for good; a drift that was found stays found until somebody
/// begins anew. Deliberately absent: adaptation of any kind.
package struct DriftDetector: Equatable, Sendable {
    package enum Direction: UInt8, CaseIterable, Sendable {
        case none
        case up
        case down
    }

    /// Blocks of the reference.
    package static let referenceBlocks = 14
    /// Standard deviations a block may be off without counting, those it counts at most, and the
    /// sum from which on it is a drift.
    private static let allowance = 0.75
    private static let most = 4.0
    private static let threshold = 8.0
    /// Blocks the slope is of.
    private static let slopeBlocks = 32

    package private(set) var blocks = 0
    private var mean = 0.0
    /// Of the block means of the reference, widened because they are few; sum of squares before.
    private var deviation = 0.0
    private var upwards = 0.0
    private var downwards = 0.0
    /// What was found first.
    package private(set) var found = Direction.none
    private var latest: [Double] = []

    package init() {}

    package var isCommissioned: Bool { blocks >= Self.referenceBlocks }

    /// Takes the mean of the next block; which way it drifts now. A block without a mean changes
    /// nothing.
    package mutating func take(_ block: Double) -> Direction {
        guard block.isFinite else { return .none }
        blocks += 1
        latest.append(block)
        if latest.count > Self.slopeBlocks { latest.removeFirst() }
        guard blocks > Self.referenceBlocks else {
            let distance = block - mean
            mean += distance / Double(blocks)
            deviation += distance * (block - mean)
            if blocks == Self.referenceBlocks { freeze() }
            return .none
        }
        let score = min(max((block - mean) / deviation, -Self.most), Self.most)
        upwards = max(0, upwards + score - Self.allowance)
        downwards = max(0, downwards - score - Self.allowance)
        let now: Direction =
            upwards > Self.threshold ? .up : downwards > Self.threshold ? .down : .none
        if found == .none { found = now }
        return now
    }

    private mutating func freeze() {
        let degrees = Double(Self.referenceBlocks - 1)
        deviation =
            (deviation / degrees).squareRoot() * (1 + 1.5 / (2 * degrees).squareRoot()) + 1e-12
    }

    /// Median of the slopes between any two of the latest blocks, per block (P. K. Sen, Estimates
    /// of the regression coefficient based on Kendall's tau, 1968); zero of fewer than two.
    package var slope: Double {
        var slopes: [Double] = []
        for later in latest.indices {
            for earlier in 0..<later {
                slopes.append((latest[later] - latest[earlier]) / Double(later - earlier))
            }
        }
        return median(slopes)
    }

    /// Blocks until the slope leads from the latest block to a limit; `nil` when it does not.
    package func blocks(to limit: Double) -> Double? {
        guard let last = latest.last else { return nil }
        let slope = slope
        guard slope != 0, (limit - last) / slope >= 0 else { return nil }
        return (limit - last) / slope
    }
}

extension DriftDetector {
    package func encode(into state: inout StateWriter) {
        state.put(blocks)
        for value in [mean, deviation, upwards, downwards] { state.put(value) }
        state.put(found.rawValue)
        state.put(latest)
    }

    package init(from state: inout StateReader) throws(StateFailure) {
        blocks = try state.int()
        mean = try state.double()
        deviation = try state.double()
        upwards = try state.double()
        downwards = try state.double()
        found = try state.code(Direction.self)
        latest = try state.doubles()
        guard blocks >= 0, deviation >= 0, latest.count == min(blocks, Self.slopeBlocks) else {
            throw .invalid("drift")
        }
    }
}
