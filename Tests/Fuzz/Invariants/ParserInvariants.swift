package import LineProtocol

/// What holds for any bytes at all, checked by the fuzz target and, over the committed corpus and
/// mutations of it, by every test run.
///
/// The parsers are kept from one input to the next, so that what an input leaves behind meets the
/// next one: results depend on the bytes alone.
package struct ParserInvariants: ~Copyable {
    private let limits: LineLimits
    private var parser: LineParser
    private var reader: KnownSeriesReader
    private var rounds = 0

    /// The reader knows at most 256 layouts; a new one starts to learn again.
    private static let roundsPerReader = 64

    package init(limits: LineLimits = LineLimits()) {
        self.limits = limits
        parser = LineParser(limits: limits)
        reader = KnownSeriesReader(limits: limits)
    }

    /// The first thing found wrong with how `bytes` are read; nil when all is well:
    /// - the position advances with every call, up to the end;
    /// - offsets lie inside the record, in order, between the right characters;
    /// - numbers are finite, and what the C library reads from their text;
    /// - with and without deferred tags the answers are the same;
    /// - what the short way for known series reads is what the ordinary way reads;
    /// - a refused record ends behind a newline or with the input;
    /// - the input cut between two records gives the same records;
    /// - pieces end where records end;
    /// - a record alone is the same record, and between two others it harms neither;
    /// - an accepted record, printed and read again, is the same record.
    package mutating func violation(in bytes: [UInt8]) -> String? {
        var whole: [Finding] = []
        if let wrong = Reading.read(bytes, &parser, into: &whole) { return wrong }
        var deferred: [Finding] = []
        if let wrong = Reading.read(bytes, deferring: true, &parser, into: &deferred) {
            return "deferring tags " + wrong
        }
        if whole != deferred { return "deferring tags gives \(deferred), not \(whole)" }
        if rounds % Self.roundsPerReader == 0 { reader = KnownSeriesReader(limits: limits) }
        rounds += 1
        // Twice: what the first reading learns serves the second.
        for _ in 0..<2 {
            if let wrong = reader.violation(in: bytes, against: whole) { return wrong }
        }
        if let wrong = cutViolation(in: bytes, whole) { return wrong }
        if let wrong = pieceViolation(in: bytes, whole) { return wrong }
        // A few are enough: the others are in the middle of other inputs.
        for index in stride(from: 0, to: whole.count, by: max(1, whole.count / 4)) {
            if let wrong = violation(of: whole[index], in: bytes) { return wrong }
        }
        return nil
    }

    /// Both sides of a few cuts between records against the whole.
    private mutating func cutViolation(in bytes: [UInt8], _ whole: [Finding]) -> String? {
        for index in stride(from: 0, to: whole.count, by: max(1, whole.count / 4)) {
            let cut = whole[index].end
            var parts: [Finding] = []
            if let wrong = Reading.read(Array(bytes[..<cut]), &parser, into: &parts) {
                return wrong
            }
            if let wrong = Reading.read(bytes, from: cut, &parser, into: &parts) { return wrong }
            guard whole.elementsEqual(parts, by: { $0.isSame(as: $1) }) else {
                return "cut at \(cut) gives \(parts), not \(whole)"
            }
        }
        return nil
    }

    /// Reads the bytes as a stream that comes in pieces and is cut by `RecordSplit`.
    private mutating func pieceViolation(in bytes: [UInt8], _ whole: [Finding]) -> String? {
        let step = 1 + bytes.count / 6
        var parts: [Finding] = []
        var held = 0
        for arrived in stride(from: step, to: bytes.count + step, by: step) {
            let count = min(arrived, bytes.count)
            let piece = Array(bytes[held..<count])
            let isLast = count == bytes.count
            let complete = RecordSplit.end(piece.span, piece.count, true)
            guard complete >= 0, complete <= piece.count else { return "a piece of \(complete)" }
            let cut = held + (isLast ? piece.count : complete)
            if let wrong = Reading.read(bytes, from: held, to: cut, &parser, into: &parts) {
                return wrong
            }
            let forced = RecordSplit.end(piece.span, piece.count, false)
            guard forced == 0 ? !piece.contains(0x0A) : piece[forced - 1] == 0x0A else {
                return "a piece that cannot grow is cut at \(forced) of \(piece.count)"
            }
            held = cut
        }
        guard whole.elementsEqual(parts, by: { $0.isSame(as: $1) }) else {
            return "pieces of \(step) give \(parts), not \(whole)"
        }
        return nil
    }

    private mutating func violation(of finding: Finding, in bytes: [UInt8]) -> String? {
        let alone = Array(bytes[finding.start..<finding.end])
        let isClosed = alone.last == 0x0A
        if !isClosed, finding.end != bytes.count {
            return "the record at \(finding.start) ends inside a line"
        }
        if let wrong = neighbourViolation(alone, finding) { return wrong }
        guard let content = finding.content else { return nil }
        if isClosed, RecordSplit.end(alone.span, alone.count, true) != alone.count {
            return "the good record at \(finding.start) is no piece"
        }
        let printed = content.printed
        guard printed.count <= limits.maxLineBytes else { return nil }
        var reread: [Finding] = []
        if let wrong = Reading.read(printed, &parser, into: &reread) { return wrong }
        guard reread.count == 1, reread.first?.content == content else {
            return "\(content) printed and read again is \(reread)"
        }
        return nil
    }

    private static let left = Array("left,a=b v=1,w=2i 3\n".utf8)
    private static let right = Array("right,c=d v=4,w=\"x y\" 5\n".utf8)

    /// The record between two good ones: itself the same, and they unharmed.
    private mutating func neighbourViolation(_ alone: [UInt8], _ finding: Finding) -> String? {
        let middle = alone.last == 0x0A ? alone : alone + [0x0A]
        var found: [Finding] = []
        if let wrong = Reading.read(Self.left + middle + Self.right, &parser, into: &found) {
            return wrong
        }
        guard found.count == 3, let first = found.first?.content, let last = found.last?.content,
            first.timestamp == 3, last.timestamp == 5, last.fields.count == 2,
            found[1].content == finding.content,
            (found[1].rejection == nil) == (finding.rejection == nil)
        else { return "the record at \(finding.start) between two others gives \(found)" }
        return nil
    }
}
