import Foundation
import Intake
import Platform
import Primitives
import TestSupport
import Testing

/// Everything a reader gave.
private struct Reading {
    var bytes: [UInt8] = []
    var blocks = 0
    var offsets: [UInt64] = []
    var overlong: UInt64 = 0
    var consumed: UInt64 = 0
    var failure: RecordingFailure?

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

private func read(
    _ path: String, slab: Int = 64 << 10, from start: UInt64 = 0, mustBeText: Bool = true,
    boundary: @escaping RecordingReader.Boundary = RecordingReader.lastNewline
) -> Reading {
    var reading = Reading()
    do throws(RecordingFailure) {
        var reader = try RecordingReader(
            path: path, fileIndex: 3, startingAt: start, mustBeText: mustBeText,
            boundary: boundary)
        var block = LineBlock(slabBytes: slab, segmentsMax: 1)
        do throws(RecordingFailure) {
            while try reader.fill(&block, arrival: Timestamp(seconds: 9)) {
                #expect(block.segment(0).source == .file(3))
                #expect(block.segment(0).arrival == Timestamp(seconds: 9))
                #expect(block.position?.file == 3)
                #expect(block.position?.offset == reader.offset)
                reading.bytes += block.withLines { bytes, segments in
                    segments[0].range.map { bytes[$0] }
                }
                reading.blocks += 1
                reading.offsets.append(reader.offset)
                block.reset()
            }
        } catch {
            reading.failure = error
        }
        reading.overlong = reader.overlongLines
        reading.consumed = reader.consumedBytes
    } catch {
        reading.failure = error
    }
    return reading
}

private func gzip(_ bytes: [UInt8], at path: String) throws -> [UInt8] {
    var writer = try GzipWriter(path: path)
    // Odd pieces, so that writing does not depend on how it is called.
    var position = 0
    while position < bytes.count {
        let end = min(position + 7_001, bytes.count)
        try writer.write(bytes.span.extracting(position..<end))
        position = end
    }
    try writer.finish()
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// Lines of random lengths; the seed makes them the same every time.
private func lines(_ count: Int, seed: UInt64, endsWithNewline: Bool = true) -> [UInt8] {
    var random = Random(seed: seed)
    var bytes: [UInt8] = []
    for index in 0..<count {
        bytes += Array("m,device=d\(random.below(50)) v=\(random.below(1_000_000))".utf8)
        bytes += Array(repeating: 0x20, count: random.below(20))
        if index < count - 1 || endsWithNewline { bytes.append(0x0A) }
    }
    return bytes
}

@Suite(.timeLimit(.minutes(1))) struct RecordingReaderTests {
    /// Reads the content through slabs of several sizes, plain and gzip, and compares the text.
    private func check(
        _ content: String, slab: Int = 16, gives expected: String, overlong: UInt64 = 0,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let directory = try TemporaryDirectory()
        try directory.write(Array(content.utf8), to: "a.lp")
        _ = try gzip(Array(content.utf8), at: directory.path + "/a.lp.gz")
        for name in ["a.lp", "a.lp.gz"] {
            let reading = read(directory.path + "/" + name, slab: slab)
            #expect(reading.text == expected, "\(name)", sourceLocation: location)
            #expect(reading.overlong == overlong, "\(name)", sourceLocation: location)
            #expect(reading.failure == nil, "\(name)", sourceLocation: location)
            if !expected.isEmpty && expected.last == content.last {
                #expect(
                    reading.offsets.last == UInt64(content.utf8.count), sourceLocation: location)
            }
        }
    }

    @Test func wholeLines() throws {
        try check("", gives: "")
        try check("a\n", gives: "a\n")
        try check("a", gives: "a")
        try check("a\nb", gives: "a\nb")
        try check("\n\n\n", gives: "\n\n\n")
        try check("0123456789abcde\n0123456789abcde\n", gives: "0123456789abcde\n0123456789abcde\n")
        try check("012345678\n012345678\n01234\n", gives: "012345678\n012345678\n01234\n")
        try check("012345678\n012345678", gives: "012345678\n012345678")
    }

    @Test func overlongLinesAreLeftOut() throws {
        let long = String(repeating: "x", count: 50)
        try check("a\n\(long)\nb\n", gives: "a\nb\n", overlong: 1)
        try check("\(long)\n\(long)\nb", gives: "b", overlong: 2)
        try check("a\n\(long)", gives: "a\n", overlong: 1)
        try check("0123456789abcdef\nb\n", gives: "b\n", overlong: 1)
        // Exactly the slab, newline included, is not too long.
        try check("0123456789abcde\n", gives: "0123456789abcde\n")
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64], [64, 200, 4_096, 65_536, 131_072])
    func cuttingDoesNotMatter(seed: UInt64, slab: Int) throws {
        let directory = try TemporaryDirectory()
        let content = lines(6_000, seed: seed, endsWithNewline: seed % 2 == 0)
        try directory.write(content, to: "a.lp")
        let packed = try gzip(content, at: directory.path + "/a.gz")
        let plain = read(directory.path + "/a.lp", slab: slab)
        #expect(plain.bytes == content, "seed \(seed)")
        #expect(plain.blocks >= content.count / slab, "seed \(seed)")
        #expect(plain.consumed == UInt64(content.count), "seed \(seed)")
        let unpacked = read(directory.path + "/a.gz", slab: slab)
        #expect(unpacked.bytes == content, "seed \(seed)")
        #expect(unpacked.consumed == UInt64(packed.count), "seed \(seed)")
        // Any block's position is a place to go on from.
        for path in ["/a.lp", "/a.gz"] {
            let all = read(directory.path + path, slab: slab).offsets
            let start = all[all.count / 2]
            let rest = read(directory.path + path, slab: slab, from: start)
            #expect(rest.bytes == Array(content[Int(start)...]), "seed \(seed)")
        }
    }

    @Test func severalMembersAreOneText() throws {
        let directory = try TemporaryDirectory()
        let first = try gzip(lines(3_000, seed: 5), at: directory.path + "/1")
        let second = try gzip(lines(10, seed: 6), at: directory.path + "/2")
        let empty = try gzip([], at: directory.path + "/3")
        let padding = [UInt8](repeating: 0, count: 512)
        let expected = lines(3_000, seed: 5) + lines(10, seed: 6)
        for packed in [first + second, first + empty + second, first + second + padding] {
            try directory.write(packed, to: "all.gz")
            let reading = read(directory.path + "/all.gz")
            #expect(reading.bytes == expected)
            #expect(reading.failure == nil)
            #expect(reading.consumed == UInt64(packed.count))
        }
    }

    /// Whatever byte the file is cut at, whole lines before the cut are given, then the failure.
    @Test func truncatedGzipGivesWhatThereIs() throws {
        let directory = try TemporaryDirectory()
        let content = lines(4_000, seed: 7)
        let packed = try gzip(content, at: directory.path + "/whole.gz")
        for cut in [2, 9, 10, 11, 1_000, packed.count / 2, packed.count - 9, packed.count - 1] {
            try directory.write(Array(packed[..<cut]), to: "cut.gz")
            let reading = read(directory.path + "/cut.gz", slab: 4_096)
            #expect(reading.failure?.code == .truncated, "cut at \(cut)")
            #expect(reading.bytes == Array(content[..<reading.bytes.count]), "cut at \(cut)")
            #expect(reading.bytes.last ?? 0x0A == 0x0A, "cut at \(cut)")
            if cut >= packed.count - 9 { #expect(reading.bytes == content, "cut at \(cut)") }
            if cut == packed.count / 2 { #expect(reading.bytes.count > content.count / 4) }
        }
        let path = directory.path + "/cut.gz"
        #expect(
            read(path).failure?.message == "\(path) is truncated: its gzip data stops before the"
                + " end - what is there was read; copy the file again for the rest")
    }

    @Test func damagedGzipIsTold() throws {
        let directory = try TemporaryDirectory()
        let content = lines(4_000, seed: 8)
        let packed = try gzip(content, at: directory.path + "/whole.gz")
        var wrongSum = packed
        wrongSum[packed.count - 6] ^= 0xFF
        var overwritten = packed
        for index in packed.count / 2..<packed.count / 2 + 64 { overwritten[index] = 0xFF }
        let garbage = packed + Array("garbage".utf8)
        for (name, damaged) in [("sum", wrongSum), ("middle", overwritten), ("end", garbage)] {
            try directory.write(damaged, to: "damaged.gz")
            let reading = read(directory.path + "/damaged.gz", slab: 4_096)
            #expect(reading.failure?.code == .corrupt, "\(name)")
            #expect(reading.failure?.message.contains("is damaged") == true, "\(name)")
            if name != "middle" { #expect(reading.bytes == content, "\(name)") }
        }
    }

    @Test func refusals() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path
        let missing = read(root + "/missing.lp").failure
        #expect(missing?.code == .noInput)
        #expect(
            missing?.description == "cannot read \(root)/missing.lp: no such file or directory"
                + " - check the name of the recording")
        let folder = read(root).failure
        #expect(folder?.code == .unreadable)
        #expect(folder?.description == "cannot read \(root): is a directory - name the files in it")
        try directory.write(Array("m v=1\n".utf8) + [0] + Array("m v=2\n".utf8), to: "nul")
        try directory.write((0..<64).map { UInt8($0 % 30 + 1) }, to: "controls")
        for name in ["nul", "controls"] {
            let binary = read(root + "/" + name)
            #expect(binary.failure?.code == .notText, "\(name)")
            #expect(binary.bytes.isEmpty, "\(name)")
            let asked = read(root + "/" + name, mustBeText: false)
            #expect(asked.failure == nil && !asked.bytes.isEmpty, "\(name)")
            #expect(
                binary.failure?.message == "\(root)/\(name) is not text: it holds bytes that no"
                    + " line protocol has - give a recording in line protocol, plain or gzip")
        }
    }

    /// A pipe gives what is there: the reader must not wait for a full slab.
    @Test(arguments: [false, true]) func pipes(packed: Bool) throws {
        let directory = try TemporaryDirectory()
        let content = lines(3_000, seed: 9)
        let sent = packed ? try gzip(content, at: directory.path + "/a.gz") : content
        let pipe = Pipe()
        let path = "/proc/self/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        let output = pipe.fileHandleForWriting
        let writer = try PlatformThread(name: "writer") {
            var position = 0
            var piece = 1
            while position < sent.count {
                let end = min(position + piece, sent.count)
                output.write(Data(sent[position..<end]))
                position = end
                piece = piece % 5_000 * 3 + 1
            }
            try? output.close()
        }
        let reading = read(path, slab: 4_096)
        writer.join()
        #expect(reading.failure == nil)
        #expect(reading.bytes == content)
    }

    @Test func aLineInAPipeIsGivenAtOnce() throws {
        let pipe = Pipe()
        let path = "/proc/self/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        pipe.fileHandleForWriting.write(Data("m v=1\nm v".utf8))
        var reader = try RecordingReader(path: path)
        var block = LineBlock(slabBytes: 4_096, segmentsMax: 1)
        // The pipe stays open: this returns only because the reader does not wait for more.
        #expect(try reader.fill(&block, arrival: .distantPast))
        #expect(texts(block) == ["m v=1\n"])
        block.reset()
        pipe.fileHandleForWriting.write(Data("=2\n".utf8))
        #expect(try reader.fill(&block, arrival: .distantPast))
        #expect(texts(block) == ["m v=2\n"])
        #expect(reader.identity.size == nil)
        #expect(reader.identity.startHash == nil)
        try pipe.fileHandleForWriting.close()
        block.reset()
        #expect(try !reader.fill(&block, arrival: .distantPast))
    }

    /// The caller knows the grammar: here a record ends with a semicolon and a newline.
    @Test func theCallerSaysWhereRecordsEnd() throws {
        let directory = try TemporaryDirectory()
        let content = String(repeating: "a\nb;\n", count: 400)
        try directory.write(Array(content.utf8), to: "a.lp")
        let boundary: RecordingReader.Boundary = { bytes, count, _ in
            var end = count
            while end > 1 && !(bytes[end - 1] == 0x0A && bytes[end - 2] == 0x3B) { end -= 1 }
            return end > 1 ? end : 0
        }
        let reading = read(directory.path + "/a.lp", slab: 64, boundary: boundary)
        #expect(reading.text == content)
        #expect(reading.offsets.allSatisfy { $0 % 5 == 0 })
        #expect(reading.blocks > 20)
        // A boundary that never comes must not stop the reader: it leaves out line by line.
        let never = read(directory.path + "/a.lp", slab: 64) { _, _, _ in 0 }
        #expect(never.overlong > 0)
        #expect(never.offsets.last == UInt64(content.utf8.count))
    }

    @Test func equalFilesHaveEqualIdentity() throws {
        let directory = try TemporaryDirectory()
        try directory.write(lines(1_000, seed: 1), to: "a.lp")
        try directory.write(lines(1_000, seed: 2), to: "b.lp")
        let first = try RecordingReader(path: directory.path + "/a.lp")
        let again = try RecordingReader(path: directory.path + "/a.lp", startingAt: 100)
        let other = try RecordingReader(path: directory.path + "/b.lp")
        #expect(first.identity == again.identity)
        #expect(first.identity.startHash != other.identity.startHash)
        #expect(first.fileSize == first.identity.size)
    }

    @Test func equalTextGivesEqualGzip() throws {
        let directory = try TemporaryDirectory()
        let content = lines(2_000, seed: 3)
        let first = try gzip(content, at: directory.path + "/a.gz")
        let second = try gzip(content, at: directory.path + "/other-name.gz")
        #expect(first == second)
        // RFC 1952: magic, deflate, no flags, time zero, no extra flags, Unix.
        #expect(Array(first[..<10]) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3])
        #expect(first.count < content.count / 2)
    }
}
