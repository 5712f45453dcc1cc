import Intake
import Platform
import Primitives
import Testing

@Suite(.timeLimit(.minutes(1))) struct LineBlockTests {
    /// Appends the pieces to a block of 16 bytes and three segments and compares what is in it.
    private func check(
        _ pieces: [String], holds expected: [String], at location: SourceLocation = #_sourceLocation
    ) {
        var block = LineBlock(slabBytes: 16, segmentsMax: 3)
        for (index, piece) in pieces.enumerated() {
            _ = block.append(
                Array(piece.utf8).span, source: .file(index),
                arrival: Timestamp(seconds: Int64(index)))
        }
        let (held, segmentCount, count) = (texts(block), block.segmentCount, block.count)
        #expect(held == expected, sourceLocation: location)
        #expect(segmentCount == expected.count, sourceLocation: location)
        #expect(count == expected.joined().utf8.count, sourceLocation: location)
        for index in 0..<block.segmentCount {
            let segment = block.segment(index)
            let origin = pieces.firstIndex(of: expected[index])
            #expect(segment.source == .file(origin ?? -1), sourceLocation: location)
        }
    }

    @Test func appendsWhatFits() {
        check([], holds: [])
        check(["a=1\n", "b=2"], holds: ["a=1\n", "b=2"])
        check(["0123456789abcdef"], holds: ["0123456789abcdef"])
        check(["0123456789abcdefg", "x"], holds: ["x"])
        check(["1", "2", "3", "4"], holds: ["1", "2", "3"])
    }

    @Test func resetEmpties() {
        var block = LineBlock(slabBytes: 16, segmentsMax: 1)
        _ = block.append([1, 2].span, source: .file(0), arrival: .distantPast)
        block.kernelDrops = 3
        block.position = InputPosition(file: 0, offset: 2)
        block.reset()
        let (isEmpty, hasRoom) = (block.isEmpty, block.hasRoom(for: 16))
        #expect(isEmpty)
        #expect(hasRoom)
        let (count, drops, position) = (block.count, block.kernelDrops, block.position)
        #expect(count == 0)
        #expect(drops == 0)
        #expect(position == nil)
    }

    @Test func aPoolLendsWhatItHas() {
        var limits = IntakeLimits()
        limits.slabs = 2
        let pool = BlockPool(limits: limits)
        guard var first = pool.take(), let second = pool.tryTake() else {
            Issue.record("a pool of two gave less")
            return
        }
        let givesThird = pool.tryTake() != nil
        #expect(!givesThird)
        #expect(pool.available == 0)
        _ = first.append([1].span, source: .file(0), arrival: .distantPast)
        pool.give(first)
        #expect(pool.available == 1)
        let isEmptied = pool.take()?.isEmpty
        #expect(isEmptied == true)
        pool.close()
        let givesAfterClose = pool.take() != nil
        #expect(!givesAfterClose)
        pool.give(second)
    }

    @Test func aWaitingTakerGetsTheBlockThatComesBack() throws {
        var limits = IntakeLimits()
        limits.slabs = 1
        let pool = BlockPool(limits: limits)
        guard let block = pool.take() else {
            Issue.record("an empty pool")
            return
        }
        let got = BoundedQueue<Int>(capacity: 1)
        let taker = try PlatformThread(name: "taker") {
            if let block = pool.take() { _ = got.push(block.capacity) }
        }
        pool.give(block)
        taker.join()
        #expect(got.count == 1)
    }

    @Test func memoryIsWhatTheLimitsSay() {
        let limits = IntakeLimits()
        #expect(limits.memoryBytes < 16 << 20)
        #expect(limits.memoryBytes > limits.slabs * limits.slabBytes)
    }
}

/// The segments of a block as texts.
func texts(_ block: borrowing LineBlock) -> [String] {
    block.withLines { bytes, segments in
        segments.indices.map { index in
            String(decoding: segments[index].range.map { bytes[$0] }, as: UTF8.self)
        }
    }
}
