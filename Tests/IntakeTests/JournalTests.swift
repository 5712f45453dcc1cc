import Foundation
import Platform
import Primitives
import TestSupport
import Testing

@testable import Intake

/// The journal of accepted lines: what is written can be read, and nothing else.
@Suite final class JournalTests {
    /// What a record says, as text.
    private struct Record: Equatable {
        var lines: String
        var source: LineSource
        var arrival: Int64
        var precision: StampPrecision
        var terms: UInt16
    }

    private let directory: TemporaryDirectory
    private let files: JournalFiles

    init() throws {
        directory = try TemporaryDirectory()
        files = JournalFiles(directory: directory.path + "/journal")
    }

    private func journal(
        next: UInt64 = 1, terms: UInt64 = 7, _ change: (inout JournalLimits) -> Void = { _ in }
    ) -> Journal {
        var limits = JournalLimits()
        change(&limits)
        return Journal(files, limits: limits, next: next, terms: terms)
    }

    private func block(_ records: [Record]) -> LineBlock {
        var block = LineBlock(slabBytes: 128 << 10, segmentsMax: 256)
        for record in records {
            let isTaken = block.append(
                Array(record.lines.utf8).span, source: record.source,
                arrival: Timestamp(nanoseconds: record.arrival), precision: record.precision,
                terms: record.terms)
            #expect(isTaken)
        }
        return block
    }

    private func record(_ number: Int) -> Record {
        Record(
            lines: "pump,device=P-\(number) a=\(number) \(number)\n",
            source: LineSource(
                transport: LineSource.Transport.allCases[number % 5], high: UInt64(number) << 40,
                low: .max - UInt64(number)),
            arrival: Int64(number) * -1_000_000_007,
            precision: StampPrecision.allCases[number % 7], terms: UInt16(number % 3))
    }

    private func read(
        after number: UInt64 = 0, through last: UInt64 = .max, terms: UInt64 = 7
    ) throws -> (records: [Record], outcome: JournalReader.Outcome) {
        var records: [Record] = []
        let outcome = try JournalReader(files, terms: terms).read(
            after: number, through: last, progress: {}
        ) { bytes, piece, _ in
            let lines = bytes.extracting(piece.range)
            records.append(
                Record(
                    lines: String(decoding: lines.indices.map { lines[$0] }, as: UTF8.self),
                    source: piece.source, arrival: piece.arrival.nanoseconds,
                    precision: piece.precision, terms: piece.terms))
        }
        return (records, outcome)
    }

    /// Four blocks of three records.
    private func writeTwelve(_ change: (inout JournalLimits) -> Void = { _ in }) throws {
        var journal = journal(change)
        for start in stride(from: 0, to: 12, by: 3) {
            let written = try journal.append(block((start..<start + 3).map(record)))
            #expect(written?.last == UInt64(start + 3))
        }
        try journal.synchronize()
    }

    @Test func everythingComesBack() throws {
        try writeTwelve()
        let all = (0..<12).map(record)
        let (records, outcome) = try read()
        #expect(records == all)
        #expect(outcome.last == 12)
        #expect(outcome.records == 12)
        #expect(outcome.tornBytes == 0)
        for number in 0...12 {
            #expect(try read(after: UInt64(number)).records == Array(all[number...]))
        }
        #expect(try files.lastNumber() == 12)
        let size = try Data(contentsOf: URL(fileURLWithPath: files.segments()[0].path)).count
        #expect(try files.bytes() == size)
    }

    @Test func nothingIsNoRecord() throws {
        var journal = journal()
        #expect(try journal.append(block([])) == nil)
        try journal.synchronize()
        #expect(try files.lastNumber() == 0)
        #expect(try read().outcome == JournalReader.Outcome(last: 0))
    }

    /// A power cut takes the end of the file, at any byte: all records before the cut are there,
    /// and what is left of the one that was cut is counted and left out.
    @Test func aTornEndIsLeftOut() throws {
        try writeTwelve()
        let path = try files.segments()[0].path
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        var ends = [32]
        for number in 0..<12 { ends.append(ends[number] + 48 + record(number).lines.utf8.count) }
        #expect(ends.last == whole.count)
        for count in 0...whole.count {
            try whole.prefix(count).write(to: URL(fileURLWithPath: path))
            let (records, outcome) = try read()
            let kept = ends.lastIndex { $0 <= count } ?? 0
            #expect(records == (0..<kept).map(record), "\(count)")
            #expect(outcome.tornBytes == count - (count < 32 ? 0 : ends[kept]), "\(count)")
            #expect(outcome.tornSegments.count == (outcome.tornBytes > 0 ? 1 : 0))
        }
    }

    /// The last record with any byte of it changed is no record.
    @Test func aDamagedRecordIsLeftOut() throws {
        try writeTwelve()
        let path = try files.segments()[0].path
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let start = whole.count - 48 - record(11).lines.utf8.count
        for place in start..<whole.count {
            var bytes = whole
            bytes[place] ^= 0x10
            try bytes.write(to: URL(fileURLWithPath: path))
            #expect(try read().records == (0..<11).map(record), "\(place)")
        }
        // A segment whose head is damaged says nothing; the others are read.
        var bytes = whole
        bytes[20] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        var next = journal(next: 13)
        _ = try next.append(block([record(5)]))
        let (records, outcome) = try read()
        #expect(records == [record(5)])
        #expect(outcome.tornBytes == whole.count)
        #expect(outcome.last == 13)
    }

    /// A process never writes behind what another has left.
    @Test func everyProcessBeginsASegment() throws {
        try writeTwelve()
        var second = journal(next: try files.lastNumber() + 1)
        _ = try second.append(block([record(12)]))
        try second.synchronize()
        #expect(try files.segments().map(\.first) == [1, 13])
        #expect(try read().records == (0..<13).map(record))
        // What is being written now is not what was left.
        #expect(try read(through: 12).records == (0..<12).map(record))
        #expect(try read(after: 12).records == [record(12)])
    }

    @Test func segmentsAreRemovedWhenTheyAreContained() throws {
        try writeTwelve { $0.bytes = 1 }
        var long = journal(next: 13) { $0.bytes = 1 }
        let lines = String(repeating: "m a=1\n", count: 12_000)
        for _ in 0..<3 {
            var big = record(1)
            big.lines = lines
            _ = try long.append(block([big]))
        }
        #expect(try files.segments().map(\.first) == [1, 13, 14, 15])
        #expect(try files.remove(through: 11) == 0)
        let bytes = try files.bytes()
        let removed = try files.remove(through: 13)
        #expect(try files.segments().map(\.first) == [14, 15])
        #expect(try files.bytes() == bytes - removed)
        // The last one may be growing.
        try files.remove(through: 99)
        #expect(try files.segments().map(\.first) == [15])
        #expect(try files.lastNumber() == 15)
        try files.remove(through: 14, last: 15)
        #expect(try files.segments().map(\.first) == [15])
        try files.remove(through: 15, last: 15)
        #expect(try files.segments().isEmpty)
    }

    /// Tags of a listener are a place in today's configuration: with another one they are not
    /// taken for it.
    @Test func otherTermsDoNotCount() throws {
        try writeTwelve()
        let (records, outcome) = try read(terms: 8)
        #expect(records.map(\.terms) == Array(repeating: 0, count: 12))
        #expect(records.map(\.lines) == (0..<12).map { record($0).lines })
        #expect(outcome.recordsWithoutTerms == 8)
    }

    /// The place of a segment is taken by a directory, as a disk that fails would refuse it; after
    /// that it goes on, and nothing is missing but what was refused.
    @Test func aFailureLeavesNothingHalf() throws {
        try Directory.create(files.directory)
        try Directory.create(files.directory + "/0000000000000001.journal")
        var journal = journal()
        #expect(throws: SystemFailure.self) { try journal.append(block([record(1)])) }
        try FileManager.default.removeItem(
            atPath: files.directory + "/0000000000000001.journal")
        #expect(try journal.append(block([record(2)]))?.last == 1)
        try journal.synchronize()
        #expect(try read().records == [record(2)])
    }

    @Test func aReceiptIsSafeWhenAllItsBlocksAre() async throws {
        let safe = JournalReceipt()
        #expect(await safe.isSafe(), "nothing to wait for")
        safe.expect()
        safe.expect()
        let answer = Task { await safe.isSafe() }
        safe.settle(isSafe: true)
        safe.settle(isSafe: true)
        #expect(await answer.value)
        let unsafe = JournalReceipt()
        unsafe.expect()
        unsafe.expect()
        unsafe.settle(isSafe: false)
        let other = Task { await unsafe.isSafe() }
        unsafe.settle(isSafe: true)
        #expect(await !other.value)
    }
}
