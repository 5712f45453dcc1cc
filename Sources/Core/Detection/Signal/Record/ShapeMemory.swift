import Primitives

/// Up to 32 shapes a series has had, each eight means of six values, and how far the newest is from
/// the nearest. What is further than a tracked radius takes the place of the shape least used; the
/// radius follows what makes one shape in a hundred new.
///
/// The shapes lie side by side, mean after mean, so that the distance to all of them is computed at
/// once.
struct ShapeMemory<Stored: StoredValue>: Equatable, Sendable {
    static var blocks: Int { 8 }
    private static var most: Int { 32 }
    private static var newShare: Double { 0.01 }

    /// The first means of all shapes, then the second ones, and so on; then how often each shape
    /// was the nearest.
    private var room: [Stored]
    private var count = 0
    /// Zero before the first shape.
    private var radius = 0.0

    init() { room = [Stored](repeating: 0, count: (Self.blocks + 1) * Self.most) }

    private static func mean(_ block: Int, of shape: Int) -> Int { block &* most &+ shape }
    private static func use(of shape: Int) -> Int { blocks &* most &+ shape }

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
            for block in 0..<Self.blocks { room[Self.mean(block, of: place)] = shape[block] }
            radius *= 1 + 0.1 * (1 - Self.newShare)
        } else {
            for block in 0..<Self.blocks {
                let place = Self.mean(block, of: nearest)
                let mean = room[place]
                room[place] = mean + Stored(0.05) * (shape[block] - mean)
            }
            let place = Self.use(of: nearest)
            room[place] = min(room[place] + 1, 1_000)
            radius *= 1 - 0.1 * Self.newShare
        }
        // However long nothing or everything is new, it finds back.
        let scale = max(deviation, .leastNormalMagnitude)
        radius = min(max(radius, 1e-12 * scale), 1e12 * (scale + 1e-12))
        if isTurn { for shape in 0..<Self.most { room[Self.use(of: shape)] *= Stored(0.97) } }
        return distance
    }

    private func nearest(to shape: InlineArray<8, Stored>) -> (place: Int, square: Stored) {
        var squares = InlineArray<32, Stored>(repeating: 0)
        let room = room.span
        for block in 0..<Self.blocks {
            let mean = shape[block]
            let first = Self.mean(block, of: 0)
            let column = room.extracting(first..<first &+ Self.most)
            for place in 0..<Self.most {
                let distance = mean - column[place]
                squares[place] += distance * distance
            }
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
            room[Self.use(of: count - 1)] = 1
            return count - 1
        }
        var place = 0
        var total: Stored = 0
        for shape in 0..<Self.most {
            total += room[Self.use(of: shape)]
            if room[Self.use(of: shape)] < room[Self.use(of: place)] { place = shape }
        }
        room[Self.use(of: place)] = total / Stored(Self.most) * Stored(0.5)
        return place
    }
}

extension ShapeMemory {
    func encode(into state: inout StateWriter) {
        state.put(count)
        state.put(radius)
        for shape in 0..<count {
            room[Self.use(of: shape)].encode(into: &state)
            for block in 0..<Self.blocks {
                room[Self.mean(block, of: shape)].encode(into: &state)
            }
        }
    }

    init(from state: inout StateReader) throws(StateFailure) {
        self.init()
        count = try state.int()
        radius = try state.double()
        guard 0...Self.most ~= count, radius >= 0 else { throw .invalid("shapes of a series") }
        for shape in 0..<count {
            room[Self.use(of: shape)] = try Stored(from: &state)
            for block in 0..<Self.blocks {
                room[Self.mean(block, of: shape)] = try Stored(from: &state)
            }
        }
    }
}
