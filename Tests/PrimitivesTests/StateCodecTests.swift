import Testing

@testable import Primitives

/// State as bytes and back.
@Suite struct StateCodecTests {
    @Test func aPieceIsReadByItself() throws {
        var state = StateWriter([7, 7])
        state.put(1)
        state.put { piece in
            piece.put("flow")
            piece.put { $0.put(2.5) }
        }
        state.put(true)
        var reader = StateReader(state.bytes, 2..<state.bytes.count)
        #expect(try reader.int() == 1)
        var piece = try reader.piece()
        #expect(try piece.string() == "flow")
        var inner = try piece.piece()
        #expect(try inner.double() == 2.5)
        #expect(inner.isAtEnd)
        #expect(piece.isAtEnd)
        #expect(try reader.bool())
        #expect(reader.isAtEnd)
    }

    /// Not even when what follows it would do.
    @Test func nothingIsReadBeyondAPiece() throws {
        var state = StateWriter()
        state.put { $0.put(UInt8(1)) }
        state.put(2)
        var reader = StateReader(state.bytes)
        var piece = try reader.piece()
        #expect(throws: StateFailure.truncated) { _ = try piece.int() }
        #expect(try piece.uint8() == 1)
        #expect(throws: StateFailure.truncated) { _ = try piece.uint8() }
        #expect(try reader.int() == 2)
    }

    /// A damaged length asks for nothing.
    @Test func aLengthBeyondTheEndIsRefused() {
        var state = StateWriter()
        state.put { $0.put(1) }
        var reader = StateReader(state.bytes, 0..<state.bytes.count - 1)
        #expect(throws: StateFailure.self) { _ = try reader.piece() }
        var text = StateReader(state.bytes, 0..<10)
        #expect(throws: StateFailure.self) { _ = try text.string() }
    }
}
