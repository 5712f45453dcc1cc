internal import Glibc

/// A first-in-first-out (or newest-first) hand-off of owned values between threads.
///
/// This is the centre of `Platform`, the one target that knows the operating system.
/// - In: plain values and noncopyable values that move from one thread to another.
/// - Out: the same values, each to exactly one taker; failures of the system as ``SystemFailure``.
/// - Always: the only locks and threads of the program are in this target, and so is every
///   `@unchecked Sendable`. A queue never grows: who is faster waits.
/// - Absent on purpose: anything about telemetry, any logging, Swift tasks (threads never await).
///
/// Protection argument for `@unchecked Sendable` and the unsafe storage: every access to `head`,
/// `count`, `closed` and the ring happens between `lock()` and `unlock()` of `mutex`. Slots
/// `head ..< head + count` (modulo capacity) are initialised, all others are not; `insert` and
/// `remove` are the only code that moves values in or out and they keep that sentence true. The
/// mutex, the conditions and the ring are allocated in `init`, never replaced, and freed in
/// `deinit`, when no other reference and therefore no waiting thread exists.
@safe package final class BoundedQueue<Element: ~Copyable & Sendable>: @unchecked Sendable {
    /// Which element a taker gets.
    package enum Serving: Sendable {
        /// The one that has waited longest.
        case oldestFirst
        /// The one that came last; for free lists, whose last member is still in the cache.
        case newestFirst
    }

    package let capacity: Int
    private let serving: Serving
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let filled: UnsafeMutablePointer<pthread_cond_t>
    private let drained: UnsafeMutablePointer<pthread_cond_t>
    private let ring: UnsafeMutablePointer<Element>
    private var head = 0
    private var held = 0
    private var closed = false

    package init(capacity: Int, serving: Serving = .oldestFirst) {
        precondition(capacity > 0, "BUG: a queue needs room for one element")
        self.capacity = capacity
        self.serving = serving
        unsafe mutex = .allocate(capacity: 1)
        unsafe filled = .allocate(capacity: 1)
        unsafe drained = .allocate(capacity: 1)
        unsafe ring = .allocate(capacity: capacity)
        unsafe pthread_mutex_init(mutex, nil)
        // Deadlines are monotonic: a corrected wall clock must not stretch a wait.
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(filled, &attributes)
        unsafe pthread_cond_init(drained, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        while held > 0 { _ = remove() }
        unsafe pthread_cond_destroy(filled)
        unsafe pthread_cond_destroy(drained)
        unsafe pthread_mutex_destroy(mutex)
        unsafe ring.deallocate()
        unsafe drained.deallocate()
        unsafe filled.deallocate()
        unsafe mutex.deallocate()
    }

    /// Waits for room and adds the element. Gives it back when the queue is closed.
    package func push(_ element: consuming Element) -> Element? {
        lock()
        defer { unlock() }
        while held == capacity && !closed {
            unsafe pthread_cond_wait(drained, mutex)
        }
        if closed { return element }
        insert(element)
        unsafe pthread_cond_signal(filled)
        return nil
    }

    /// Adds the element if there is room now. Gives it back when the queue is full or closed.
    package func tryPush(_ element: consuming Element) -> Element? {
        lock()
        defer { unlock() }
        if closed || held == capacity { return element }
        insert(element)
        unsafe pthread_cond_signal(filled)
        return nil
    }

    /// Takes one element, waiting for it until `deadline` (``MonotonicClock`` nanoseconds; 0 does
    /// not wait, the default waits for ever). A closed queue still hands out what it holds.
    package func pop(until deadline: UInt64 = .max) -> Popped<Element> {
        lock()
        defer { unlock() }
        while held == 0 {
            if closed { return .closed }
            if deadline == .max {
                unsafe pthread_cond_wait(filled, mutex)
            } else {
                var instant = timespec(
                    tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
                let outcome = unsafe pthread_cond_timedwait(filled, mutex, &instant)
                if outcome == ETIMEDOUT && held == 0 { return closed ? .closed : .timedOut }
            }
        }
        let element = remove()
        unsafe pthread_cond_signal(drained)
        return .element(element)
    }

    /// Refuses further elements and wakes everybody who waits. May be called more than once.
    package func close() {
        lock()
        defer { unlock() }
        closed = true
        unsafe pthread_cond_broadcast(filled)
        unsafe pthread_cond_broadcast(drained)
    }

    /// How many elements wait now; for counters and tests, stale as soon as it is read.
    package var count: Int {
        lock()
        defer { unlock() }
        return held
    }

    package var isClosed: Bool {
        lock()
        defer { unlock() }
        return closed
    }

    private func lock() {
        let outcome = unsafe pthread_mutex_lock(mutex)
        precondition(outcome == 0, "BUG: queue lock failed")
    }

    private func unlock() {
        unsafe pthread_mutex_unlock(mutex)
    }

    private func insert(_ element: consuming Element) {
        let slot = (head + held) % capacity
        unsafe (ring + slot).initialize(to: element)
        held += 1
    }

    private func remove() -> Element {
        let slot: Int
        switch serving {
        case .oldestFirst:
            slot = head
            head = (head + 1) % capacity
        case .newestFirst:
            slot = (head + held - 1) % capacity
        }
        held -= 1
        return unsafe (ring + slot).move()
    }
}

/// What ``BoundedQueue/pop(until:)`` came back with.
package enum Popped<Element: ~Copyable & Sendable>: ~Copyable, Sendable {
    case element(Element)
    /// The deadline passed and the queue was still empty.
    case timedOut
    /// The queue is closed and empty: nothing will ever come.
    case closed
}
