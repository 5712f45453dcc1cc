/// A value at an address that never changes, with one owner; for C libraries that remember where
/// their state lies.
///
/// Protection argument for `@unchecked Sendable` and the unsafe code: the cell is noncopyable and
/// frees its memory in `deinit`, so one owner at a time can reach the pointer, and it moves between
/// threads only together with that owner. Owners keep the value private, use the pointer only in
/// their own mutating methods and their `deinit`, and never let it out.
@safe package struct PinnedValue<Value>: ~Copyable, @unchecked Sendable {
    package let pointer: UnsafeMutablePointer<Value>

    package init(_ value: Value) {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer.initialize(to: value)
    }

    deinit {
        unsafe pointer.deinitialize(count: 1)
        unsafe pointer.deallocate()
    }
}
