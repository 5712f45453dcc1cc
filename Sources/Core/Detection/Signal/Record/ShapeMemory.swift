import Primitives

/// Up to 32 shapes a series has had, each eight means of six values, and how far the newest is from
/// the nearest. What is further than a tracked radius takes the place of the shape least used; the
/// radius follows what makes one shape in a hundred new.
///
/// The shapes lie side by side, mean after mean, so that the distance to all of them is computed at
/// once, in the order of the means.
struct ShapeMemory<Stored: StoredValue>: Equatable, Sendable {
    static var blocks: Int { 8 }
    private static var most: Int { 32 }
    private static var newShare: Double { 0.01 }

    /// One for each mean.
    private var columns: [SIMD32<Stored>]
    /// How often each was the nearest.
    private var uses = SIMD32<Stored>()
    private var count = 0
    /// Zero before the first shape.
    private var radius = 0.0

    init() { columns = [SIMD32<Stored>](repeating: SIMD32(), count: Self.blocks) }

    /// Distance of a shape to the nearest, root mean square, and takes it in. `deviation` is the
    /// mean deviation of the series; at a turn all uses fade.
    mutating func take(
        _ shape: InlineArray<8, Stored>, deviation: Double, isTurn: Bool
    ) -> Double {
        let (nearest, square) = nearest(to: shape)
        let distance = count > 0 ? (Double(square) / Double(Self.blocks)).squareRoot() : 0
        if radius == 0 { radius = deviation * 0.5 + 1e-12 }
        if count == 0 || distance > radius {
            let place = placeForOne()
            for block in 0..<Self.blocks { columns[block][place] = shape[block] }
            radius *= 1 + 0.1 * (1 - Self.newShare)
        } else {
            for block in 0..<Self.blocks {
                let mean = columns[block][nearest]
                columns[block][nearest] = mean + Stored(0.05) * (shape[block] - mean)
            }
            uses[nearest] = min(uses[nearest] + 1, 1_000)
            radius *= 1 - 0.1 * Self.newShare
        }
        // However long nothing or everything is new, it finds back.
        let scale = max(deviation, .leastNormalMagnitude)
        radius = min(max(radius, 1e-12 * scale), 1e12 * (scale + 1e-12))
        if isTurn { uses *= Stored(0.97) }
        return distance
    }

    private func nearest(to shape: InlineArray<8, Stored>) -> (place: Int, square: Stored) {
        var squares = SIMD32<Stored>()
        for block in 0..<Self.blocks {
            let distances = SIMD32(repeating: shape[block]) - columns[block]
            squares += distances * distances
        }
        var place = 0
        var least = Stored.infinity
        for shape in 0..<count where squares[shape] < least {
            least = squares[shape]
            place = shape
        }
        return (place, least)
    }

    /// A free place, or that of the shape least used; its use is set.
    private mutating func placeForOne() -> Int {
        if count < Self.most {
            count += 1
            uses[count - 1] = 1
            return count - 1
        }
        var place = 0
        var total: Stored = 0
        for shape in 0..<Self.most {
            total += uses[shape]
            if uses[shape] < uses[place] { place = shape }
        }
        uses[place] = total / Stored(Self.most) * Stored(0.5)
        return place
    }
}

extension ShapeMemory {
    func encode(into state: inout StateWriter) {
        state.put(count)
        state.put(radius)
        for shape in 0..<count {
            uses[shape].encode(into: &state)
            for column in columns { column[shape].encode(into: &state) }
        }
    }

    init(from state: inout StateReader) throws(StateFailure) {
        self.init()
        count = try state.int()
        radius = try state.double()
        guard 0...Self.most ~= count, radius >= 0 else { throw .invalid("shapes of a series") }
        for shape in 0..<count {
            uses[shape] = try Stored(from: &state)
            for block in columns.indices { columns[block][shape] = try Stored(from: &state) }
        }
    }
}
