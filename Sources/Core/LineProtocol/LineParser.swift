/// InfluxDB line protocol to offsets and numbers: the grammar and nothing else.
///
/// What comes in: bytes with whole records, separated by newlines
/// (`measurement[,tag=value...] field=value[,field=value...] [timestamp]`). What goes out: for
/// each record the offsets of its parts and its decoded numbers (`LineOffsets`), or a reason
/// (`LineRejection`) and a column.
///
/// What always holds: `position` advances with every call until the end of input, whatever the
/// bytes; no input traps; a call allocates nothing (the one exception: numbers that 19 digits
/// and 128 bits cannot round, see `Decimal`); a refused record costs only itself (see
/// `RecordBoundary`); numbers are the nearest doubles to what was written and never NaN or
/// infinite; the result depends only on the bytes, never on earlier calls.
///
/// What is absent on purpose: copies, strings, UTF-8 checks, precision and clocks (a timestamp is
/// the number that was sent), a meaning for duplicates (they are reported in order; the last
/// wins by convention), registries of series.
///
/// Decisions where the documents of the protocol are silent or readers differ:
/// - Spaces and tabs before a record, several of them between sections and after the record, and
///   a carriage return before the newline are accepted. A section starts with a space, not a tab.
/// - Names may contain any byte but newline and NUL, the latter because zero-filled blocks after a
///   power cut must not become devices. Other control bytes are content. Strings may contain all.
/// - A newline ends a record everywhere but inside a string; a backslash does not protect it.
/// - An unescaped `=` is content in measurements, ends keys, and is refused in tag values.
/// - Quotes are content in names. Values and timestamps may be negative but carry no plus.
public struct LineParser: ~Copyable {
    /// What one call found.
    @frozen public enum Outcome: Hashable, Sendable {
        /// `offsets` describes it.
        case record
        /// A comment or an empty line.
        case blank
        /// `rejectionOffset` and `rejectionColumn` say where.
        case rejected(LineRejection)
        /// No bytes left.
        case end
    }

    /// The parts of the last record.
    public internal(set) var offsets: LineOffsets
    /// The offending byte of the last refused record, counted from `offsets.recordStart`.
    public private(set) var rejectionOffset = 0

    var layouts = FieldLayouts()
    var stamps = StampMemory()
    /// Bytes of the last known key: the next one's guess.
    var keyGuess = 0

    /// The limits in force.
    public let limits: LineLimits

    /// Allocates the scratch for the largest record the limits allow, once: 12 bytes a tag and
    /// 72 bytes a field.
    public init(limits: LineLimits = LineLimits()) {
        self.limits = limits
        offsets = LineOffsets(limits: limits)
    }

    /// The offending byte of the last refused record: 1 is the first byte of its first line.
    public var rejectionColumn: Int { rejectionOffset + 1 }

    /// Parses the next record of `bytes[position..<end]` and moves `position` past it and its
    /// newline. The end of the range ends a record like a newline does.
    public mutating func next(
        _ bytes: Span<UInt8>, position: inout Int, end: Int
    ) -> Outcome {
        parse(bytes, &position, end, splittingTags: true)
    }

    /// The same, but measurement and tags are only passed over: for a caller that looks the series
    /// up by its raw key first and knows most of them. Before a key is accepted as a new series
    /// `splitTags` must have found it good; until then the offsets of measurement and tags are
    /// empty. Everything else, refusals included, is as `next` has it. Takes a quarter less time.
    public mutating func nextDeferringTags(
        _ bytes: Span<UInt8>, position: inout Int, end: Int
    ) -> Outcome {
        parse(bytes, &position, end, splittingTags: false)
    }

    /// Splits measurement and tags of the record that `nextDeferringTags` found in `bytes`. Returns
    /// the reason when they are wrong; the record is then to be treated as refused. Only to be
    /// called when the last outcome was a record.
    public mutating func splitTags(_ bytes: Span<UInt8>) -> LineRejection? {
        let start = offsets.recordStart
        let count = offsets.recordEndInRecord
        return bytes.withWindow(from: start, count: count) { window in
            do throws(Refusal) {
                _ = try Self.parseKey(
                    window, from: offsets.measurementStartInRecord, into: &offsets)
                return nil
            } catch {
                rejectionOffset = error.offset
                return error.rejection
            }
        }
    }

    @inline(__always) private mutating func parse(
        _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int, splittingTags: Bool
    ) -> Outcome {
        precondition(
            position >= 0 && position <= end && end <= bytes.count, "BUG: range outside span")
        guard position < end else { return .end }
        let start = position
        offsets.recordStart = start
        // Offsets in a record are 32 bits; a longer one is refused by its length anyway.
        let count = min(end &- start, Int(Int32.max))
        return bytes.withWindow(from: start, count: count) { window in
            let first = window.skippingBlanks(0)
            if !splittingTags, let next = parseDeferring(window, from: first) {
                position = start &+ next
                return .record
            }
            return parseFully(window, from: first, &position)
        }
    }

    /// Returns the offset after the record, nil for anything but a good one: what it is instead is
    /// for `parseFully` to say, so that both ways give the same answers.
    @inline(__always) private mutating func parseDeferring(
        _ window: ByteWindow, from start: Int
    ) -> Int? {
        guard window.byte(start) > ASCII.hash else { return nil }
        do throws(Refusal) {
            guard let keyEnd = Self.passOverKey(window, from: start, into: &offsets) else {
                return nil
            }
            let newline = try Self.parseSections(window, after: keyEnd, into: &offsets)
            guard newline <= limits.maxLineBytes else { return nil }
            return min(newline &+ 1, window.count)
        } catch {
            return nil
        }
    }

    @inline(never) private mutating func parseFully(
        _ window: ByteWindow, from start: Int, _ position: inout Int
    ) -> Outcome {
        let first = window.byte(start)
        if first == ASCII.hash || first == ASCII.newline || first == ASCII.carriageReturn,
            let blank = Self.blankEnd(window, start)
        {
            position &+= blank
            return .blank
        }
        do throws(Refusal) {
            let keyEnd = try Self.parseKey(window, from: start, into: &offsets)
            let newline = try Self.parseSections(window, after: keyEnd, into: &offsets)
            guard newline <= limits.maxLineBytes else {
                throw Refusal(.lineTooLong, at: limits.maxLineBytes)
            }
            position &+= min(newline &+ 1, window.count)
            return .record
        } catch {
            rejectionOffset = error.offset
            position &+= RecordBoundary.end(window)
            return .rejected(error.rejection)
        }
    }

    /// Where the comment or empty line ends that has its first visible byte at `start`; nil when
    /// it is neither (a lone carriage return is a name).
    @inline(never) private static func blankEnd(_ window: ByteWindow, _ start: Int) -> Int? {
        let newline = window.newline(from: start)
        let isBlank =
            window.byte(start) == ASCII.hash || newline == start || newline == start &+ 1
        return isBlank ? min(newline &+ 1, window.count) : nil
    }

    /// Fields and timestamp. Returns the offset of the record's newline.
    @inline(__always) private static func parseSections(
        _ window: ByteWindow, after keyEnd: Int, into offsets: inout LineOffsets
    ) throws(Refusal) -> Int {
        let fieldsStart = window.skippingBlanks(keyEnd &+ 1)
        let fieldsEnd = try parseFields(window, from: fieldsStart, into: &offsets)
        let newline = try parseTimestamp(window, from: fieldsEnd, into: &offsets)
        offsets.recordEndInRecord = newline
        return newline
    }
}
