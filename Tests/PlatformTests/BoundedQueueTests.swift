import Platform
import Primitives
import Synchronization
import Testing

/// Moves like a block does, and counts how many of its kind exist.
private struct Token: ~Copyable, Sendable {
    let number: Int
    private let alive: Counter

    init(_ number: Int, _ alive: Counter) {
        self.number = number
        self.alive = alive
        alive.add(1)
    }

    deinit { alive.add(-1) }
}

private final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func add(_ amount: Int) { value.add(amount, ordering: .relaxed) }
    var total: Int { value.load(ordering: .relaxed) }
}

private enum Operation {
    case push(Int)
    case pop
    case close
}

@Suite(.timeLimit(.minutes(1))) struct BoundedQueueTests {
    /// Runs the operations on a queue of two and compares what each answers: `+` accepted, `-`
    /// given back, a number popped, `.` nothing there, `x` closed and empty.
    private func check(
        _ operations: [Operation], _ expected: String,
        serving: BoundedQueue<Int>.Serving = .oldestFirst,
        at location: SourceLocation = #_sourceLocation
    ) {
        let queue = BoundedQueue<Int>(capacity: 2, serving: serving)
        var answers = ""
        for operation in operations {
            switch operation {
            case .push(let number): answers += queue.tryPush(number) == nil ? "+" : "-"
            case .close: queue.close()
            case .pop:
                switch queue.pop(until: 0) {
                case .element(let number): answers += "\(number)"
                case .timedOut: answers += "."
                case .closed: answers += "x"
                }
            }
        }
        #expect(answers == expected, sourceLocation: location)
    }

    @Test func answersInOrder() {
        check([.push(1), .push(2), .pop, .pop], "++12")
        check([.push(1), .push(2), .push(3), .pop, .push(4), .pop, .pop], "++-1+24")
        check([.pop, .push(1), .pop, .pop], ".+1.")
        check([.push(1), .close, .push(2), .pop, .pop, .pop], "+-1xx")
        check([.close, .close, .pop], "x")
    }

    @Test func newestFirstServesTheLastOne() {
        check([.push(1), .push(2), .pop, .push(3), .pop, .pop], "++2+31", serving: .newestFirst)
        check(
            [.push(1), .push(2), .pop, .pop, .push(3), .push(4), .pop], "++21++4",
            serving: .newestFirst)
    }

    @Test func pushToAClosedQueueGivesTheElementBack() {
        let alive = Counter()
        let queue = BoundedQueue<Token>(capacity: 1)
        queue.close()
        switch queue.push(Token(7, alive)) {
        case .some(let token): #expect(token.number == 7)
        case .none: Issue.record("a closed queue took an element")
        }
        #expect(alive.total == 0)
    }

    @Test func aQueueDestroysWhatItStillHolds() {
        let alive = Counter()
        do {
            let queue = BoundedQueue<Token>(capacity: 3)
            for number in 0..<3 { _ = queue.tryPush(Token(number, alive)) }
            _ = queue.pop(until: 0)
            _ = queue.tryPush(Token(3, alive))
            #expect(alive.total == 3)
            #expect(queue.count == 3)
        }
        #expect(alive.total == 0)
    }

    @Test func closeWakesTheWaiting() throws {
        let queue = BoundedQueue<Int>(capacity: 1)
        let full = BoundedQueue<Int>(capacity: 1)
        _ = full.tryPush(1)
        let outcomes = BoundedQueue<Bool>(capacity: 2)
        let taker = try PlatformThread(name: "taker") {
            if case .closed = queue.pop() { _ = outcomes.push(true) } else { outcomes.close() }
        }
        let giver = try PlatformThread(name: "giver") {
            if full.push(2) == 2 { _ = outcomes.push(true) } else { outcomes.close() }
        }
        queue.close()
        full.close()
        taker.join()
        giver.join()
        #expect(outcomes.count == 2)
    }

    @Test func aDeadlineEndsTheWait() {
        let queue = BoundedQueue<Int>(capacity: 1)
        let deadline = MonotonicClock.now() + 2_000_000
        if case .timedOut = queue.pop(until: deadline) {
            #expect(MonotonicClock.now() >= deadline)
        } else {
            Issue.record("an empty queue gave something")
        }
    }

    /// Several producers and consumers on a tiny queue: every element arrives exactly once.
    @Test(arguments: [(1, 1, 1), (4, 1, 3), (1, 4, 2), (4, 3, 8)])
    func everyElementArrivesOnce(producers: Int, consumers: Int, capacity: Int) throws {
        let perProducer = 5_000
        let alive = Counter()
        let queue = BoundedQueue<Token>(capacity: capacity)
        let seen = BoundedQueue<[Int]>(capacity: consumers)
        let givers = try (0..<producers).map { producer in
            try PlatformThread(name: "giver-\(producer)") {
                for index in 0..<perProducer {
                    _ = queue.push(Token(producer * perProducer + index, alive))
                }
            }
        }
        let takers = try (0..<consumers).map { consumer in
            try PlatformThread(name: "taker-\(consumer)") {
                var numbers: [Int] = []
                taking: while true {
                    switch queue.pop() {
                    case .element(let token): numbers.append(token.number)
                    case .timedOut: break
                    case .closed: break taking
                    }
                }
                _ = seen.push(numbers)
            }
        }
        for giver in givers { giver.join() }
        queue.close()
        for taker in takers { taker.join() }
        var all: [Int] = []
        while case .element(let numbers) = seen.pop(until: 0) {
            // Per producer, one consumer sees its elements in the order they were pushed.
            for producer in 0..<producers {
                let own = numbers.filter { $0 / perProducer == producer }
                #expect(own == own.sorted())
            }
            all += numbers
        }
        #expect(all.sorted() == Array(0..<producers * perProducer))
        #expect(alive.total == 0)
    }
}
