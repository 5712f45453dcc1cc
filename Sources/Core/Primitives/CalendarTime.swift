/// UTC calendar arithmetic and RFC 3339 text, without Foundation: Core has no locale, no clock and
/// no time zone database, and the result must be the same bytes on every machine.
///
/// Day counting follows Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013):
/// eras of 400 years (146 097 days) with March as the first month, so that leap days come last.
package struct CalendarTime: Equatable, Sendable {
    package var year: Int64
    /// 1...12
    package var month: Int64
    /// 1...31
    package var day: Int64
    package var hour: Int64
    package var minute: Int64
    package var second: Int64
    /// 0..<1_000_000_000
    package var nanosecond: Int64

    /// Splits an instant into its UTC calendar parts.
    package init(_ time: Timestamp) {
        let total = time.nanoseconds
        let perDay: Int64 = 86_400_000_000_000
        var days = total / perDay
        var rest = total % perDay
        if rest < 0 {
            rest += perDay
            days -= 1
        }
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        nanosecond = rest % 1_000_000_000
        let seconds = rest / 1_000_000_000
        hour = seconds / 3_600
        minute = seconds / 60 % 60
        second = seconds % 60
    }

    /// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
    package static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Timestamp {
    /// RFC 3339 in UTC with `Z`; the fraction is only as long as needed:
    /// `2026-01-05T06:00:00Z`, `2026-01-05T06:00:00.25Z`.
    package var rfc3339: String {
        let parts = CalendarTime(self)
        var text = padded(parts.year, to: 4)
        text += "-" + padded(parts.month, to: 2) + "-" + padded(parts.day, to: 2)
        text += "T" + padded(parts.hour, to: 2) + ":" + padded(parts.minute, to: 2)
        text += ":" + padded(parts.second, to: 2)
        if parts.nanosecond > 0 {
            var fraction = padded(parts.nanosecond, to: 9)
            while fraction.hasSuffix("0") { fraction.removeLast() }
            text += "." + fraction
        }
        return text + "Z"
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction](Z|+HH:MM|-HH:MM)`, `t`, `z` and a space for `T`
    /// allowed; digits beyond nanoseconds are cut off. `nil` when the text is anything else or the
    /// date does not exist.
    package init?(rfc3339 text: some StringProtocol) {
        var reader = DigitReader(bytes: Array(text.utf8))
        guard let year = reader.number(digits: 4), reader.skip("-"),
            let month = reader.number(digits: 2), reader.skip("-"),
            let day = reader.number(digits: 2), reader.skip("T", "t", " "),
            let hour = reader.number(digits: 2), reader.skip(":"),
            let minute = reader.number(digits: 2), reader.skip(":"),
            let second = reader.number(digits: 2)
        else { return nil }
        guard (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60,
            (1678...2261).contains(year)
        else { return nil }
        let date = CalendarTime.days(year: year, month: month, day: day)
        let nextMonth = CalendarTime.days(
            year: month == 12 ? year + 1 : year, month: month == 12 ? 1 : month + 1, day: 1)
        guard date < nextMonth, let nanosecond = reader.fraction(),
            let offset = reader.zoneOffset(), reader.isAtEnd
        else { return nil }
        let seconds = date * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(nanoseconds: seconds * 1_000_000_000 + nanosecond)
    }
}

private func padded(_ value: Int64, to width: Int) -> String {
    let digits = String(value.magnitude)
    let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
    return (value < 0 ? "-" : "") + zeros + digits
}

/// Reads fixed-width decimal fields from ASCII text.
private struct DigitReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func number(digits: Int) -> Int64? {
        guard position + digits <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + digits] {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        position += digits
        return value
    }

    mutating func skip(_ allowed: Unicode.Scalar...) -> Bool {
        guard position < bytes.count,
            allowed.contains(Unicode.Scalar(bytes[position]))
        else { return false }
        position += 1
        return true
    }

    /// Zero when there is no fraction, `nil` when there is a point without digits.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        var value: Int64 = 0
        var count = 0
        while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 {
            if count < 9 { value = value * 10 + Int64(bytes[position] - 0x30) }
            count += 1
            position += 1
        }
        guard count > 0 else { return nil }
        for _ in min(count, 9)..<9 { value *= 10 }
        return value
    }

    /// Seconds east of UTC.
    mutating func zoneOffset() -> Int64? {
        if skip("Z", "z") { return 0 }
        let negative = position < bytes.count && bytes[position] == 0x2D
        guard skip("+", "-"), let hours = number(digits: 2), skip(":"),
            let minutes = number(digits: 2), hours < 24, minutes < 60
        else { return nil }
        return (negative ? -1 : 1) * (hours * 3_600 + minutes * 60)
    }
}
