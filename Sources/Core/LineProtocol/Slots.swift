/// A fixed number of values in one allocation, made once and reused for every record.
///
/// Why not an array: writing to one first asks, through a call into the runtime, whether the
/// storage is shared. A noncopyable owner knows that it is not.
///
/// Protection argument: the memory is allocated and initialised in full by `init`, freed by
/// `deinit` and reachable through the subscript alone, which compares the index with the count.
/// The struct cannot be copied, so there is exactly one owner and no access after `deinit`.
/// Elements are trivial, so there is nothing to destroy.
@safe @usableFromInline struct Slots<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline let base: UnsafeMutablePointer<Element>
    @usableFromInline let count: Int

    init(repeating element: Element, count: Int) {
        unsafe base = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
        unsafe base.initialize(repeating: element, count: count)
        self.count = count
    }

    deinit {
        unsafe base.deallocate()
    }

    /// Lends one element for several looks, checked once.
    @inline(__always) func lend<Result>(_ index: Int, _ body: (inout Element) -> Result) -> Result {
        precondition(index >= 0 && index < count, "BUG: slot index outside the scratch")
        return unsafe body(&base[index])
    }

    @inlinable subscript(_ index: Int) -> Element {
        @inline(__always) get {
            precondition(index >= 0 && index < count, "BUG: slot index outside the scratch")
            return unsafe base[index]
        }
        @inline(__always) nonmutating _modify {
            precondition(index >= 0 && index < count, "BUG: slot index outside the scratch")
            yield unsafe &base[index]
        }
    }
}
