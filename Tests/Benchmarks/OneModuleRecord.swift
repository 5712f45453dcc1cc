import LineProtocol

/// The accessors of `LineOffsets` the engine uses, copied into this module over the same layout:
/// the other side of the comparison in ``OneModuleBenchmark``.
///
/// Protection argument for the unsafe code: as for the `Slots` of LineProtocol. The memory is
/// initialised in full by `init`, freed by `deinit`, reachable only through an index that is
/// compared with the count first, and has one owner because the struct cannot be copied.
@safe struct OneModuleRecord: ~Copyable {
    private struct Slot: BitwiseCopyable {
        var keyStart: UInt32 = 0
        var keyEnd: UInt32 = 0
        var valueEnd: UInt32 = 0
        var kind = FieldKind.float
        var keyHasEscapes = false
        var bits: UInt64 = 0
        var number: Double = 0
        /// As much as the key memory of the original takes.
        var memory: (UInt64, UInt64, UInt64, UInt64, Int) = (0, 0, 0, 0, 0)
    }

    private let slots: UnsafeMutablePointer<Slot>
    let fieldCount: Int
    private let recordStart: Int
    private let keyStart: Int
    private let keyEnd: Int

    init(_ offsets: borrowing LineOffsets) {
        fieldCount = offsets.fieldCount
        recordStart = offsets.recordStart
        keyStart = offsets.seriesKeyStart &- offsets.recordStart
        keyEnd = offsets.seriesKeyEnd &- offsets.recordStart
        unsafe slots = .allocate(capacity: max(offsets.fieldCount, 1))
        unsafe slots.initialize(repeating: Slot(), count: offsets.fieldCount)
        for field in 0..<offsets.fieldCount {
            var slot = Slot()
            slot.keyStart = UInt32(offsets.fieldKeyStart(field) - offsets.recordStart)
            slot.keyEnd = UInt32(offsets.fieldKeyEnd(field) - offsets.recordStart)
            slot.kind = offsets.fieldKind(field)
            slot.number = offsets.fieldDouble(field)
            unsafe slots[field] = slot
        }
    }

    deinit { unsafe slots.deallocate() }

    var seriesKeyStart: Int { recordStart &+ keyStart }
    var seriesKeyEnd: Int { recordStart &+ keyEnd }

    private func slot(_ index: Int) -> Slot {
        // Twice, as the original does: once for the record, once for the memory.
        precondition(index < fieldCount, "BUG: field index outside the record")
        precondition(index >= 0 && index < fieldCount, "BUG: slot index outside the scratch")
        return unsafe slots[index]
    }

    func fieldKeyStart(_ index: Int) -> Int { recordStart &+ Int(slot(index).keyStart) }
    func fieldKeyEnd(_ index: Int) -> Int { recordStart &+ Int(slot(index).keyEnd) }
    func fieldKind(_ index: Int) -> FieldKind { slot(index).kind }
    func fieldDouble(_ index: Int) -> Double { slot(index).number }
}
