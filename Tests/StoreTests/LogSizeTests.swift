import Foundation
import GRDB
import Primitives
import Testing

@testable import Engine
@testable import Store
@testable import Windows

/// The write-ahead log is carried over when it is as long as it was told to become.
@Suite struct LogSizeTests {
    /// The log's greatest length in bytes while steps of 500 windows are written.
    private func longest(_ store: TestStore, steps: Int) throws -> Int {
        var writer = try store.writer()
        let ids = (0..<500).map { SignalID(rawValue: Int32($0)) }
        writer.introduce(
            devices: [Sample.device(signals: ids)],
            signals: ids.map { Signal(id: $0, device: Sample.pump, name: "s\($0.rawValue)") })
        var longest = 0
        for minute in 0..<steps {
            let start = Sample.time + TimeSpan.minutes(1) * Int64(minute)
            var step = EngineStep(
                sequence: minute + 1, advancedTo: start + .minutes(1), counters: EngineCounters())
            step.closed = [
                Sample.closed(start: start, summaries: ids.map { Sample.summary($0, mean: 1.5) })
            ]
            _ = try writer.write(step)
            longest = max(longest, try length(of: store))
        }
        return longest
    }

    private func length(of store: TestStore) throws -> Int {
        let path = store.database.directory.databasePath + "-wal"
        return try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    /// About 6 MB go through it.
    @Test func itIsAsLongAsItMayBe() throws {
        #expect(try longest(TestStore(logBytes: 1 << 20), steps: 150) < 3 << 19)
        #expect(try longest(TestStore(), steps: 150) > 3 << 20)
    }

    /// A reader that stays long makes the log long; afterwards it is cut again.
    @Test func whatAReaderMadeOfItIsCutOff() throws {
        let store = try TestStore(logBytes: 1 << 20)
        try store.database.read { db in
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM window")
            _ = try longest(store, steps: 100)
        }
        #expect(try length(of: store) > 2 << 20)
        _ = try longest(store, steps: 101)
        #expect(try length(of: store) <= 1 << 20)
    }

    /// The connections of the same file are told the same when it is opened again.
    @Test func itHoldsForAFileThatIsOpenedAgain() throws {
        let store = try TestStore(logBytes: 1 << 20)
        try store.database.reopen()
        #expect(try longest(store, steps: 150) < 3 << 19)
    }
}
