import AllocationCount

/// How often this thread asked the heap for memory while `body` ran.
func allocations<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) -> UInt64 {
    allocation_count_begin()
    defer { _ = allocation_count_end() }
    try body()
    return allocation_count_end()
}
