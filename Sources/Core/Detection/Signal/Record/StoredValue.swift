package import Primitives

/// What long histories of a series are kept in: a number of few bits, which is enough for what is
/// compared with numbers of its own size.
package protocol StoredValue: BinaryFloatingPoint, Sendable {
    func encode(into state: inout StateWriter)
    init(from state: inout StateReader) throws(StateFailure)
}

extension Float: StoredValue {
    package func encode(into state: inout StateWriter) { state.put(self) }
    package init(from state: inout StateReader) throws(StateFailure) { self = try state.float() }
}

extension Double: StoredValue {
    package func encode(into state: inout StateWriter) { state.put(self) }
    package init(from state: inout StateReader) throws(StateFailure) { self = try state.double() }
}
