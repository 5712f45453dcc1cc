/// Why a record was refused. Raw values are dense, so that a counter per reason is an array.
@frozen public enum LineRejection: UInt8, CaseIterable, Hashable, Sendable {
    case missingMeasurement
    case missingTagKey
    case missingTagEquals
    case missingTagValue
    case equalsInTagValue
    case missingFields
    case missingFieldKey
    case missingFieldEquals
    case missingFieldValue
    case unquotedText
    case singleQuotedText
    case invalidNumber
    case notFinite
    case floatOutOfRange
    case integerOutOfRange
    case unsignedOutOfRange
    case unterminatedString
    case textAfterString
    case invalidTimestamp
    case timestampOutOfRange
    case textAfterTimestamp
    case nulByte
    case lineTooLong
    case tooManyTags
    case tooManyFields
}

extension LineRejection {
    /// Stable word for counters and metrics, snake case. Never changes once released.
    public var name: String {
        switch self {
        case .missingMeasurement: "missing_measurement"
        case .missingTagKey: "missing_tag_key"
        case .missingTagEquals: "missing_tag_equals"
        case .missingTagValue: "missing_tag_value"
        case .equalsInTagValue: "equals_in_tag_value"
        case .missingFields: "missing_fields"
        case .missingFieldKey: "missing_field_key"
        case .missingFieldEquals: "missing_field_equals"
        case .missingFieldValue: "missing_field_value"
        case .unquotedText: "unquoted_text"
        case .singleQuotedText: "single_quoted_text"
        case .invalidNumber: "invalid_number"
        case .notFinite: "not_finite"
        case .floatOutOfRange: "float_out_of_range"
        case .integerOutOfRange: "integer_out_of_range"
        case .unsignedOutOfRange: "unsigned_out_of_range"
        case .unterminatedString: "unterminated_string"
        case .textAfterString: "text_after_string"
        case .invalidTimestamp: "invalid_timestamp"
        case .timestampOutOfRange: "timestamp_out_of_range"
        case .textAfterTimestamp: "text_after_timestamp"
        case .nulByte: "nul_byte"
        case .lineTooLong: "line_too_long"
        case .tooManyTags: "too_many_tags"
        case .tooManyFields: "too_many_fields"
        }
    }

    /// One sentence for people: what is wrong with the record and what to send instead.
    public var message: String {
        switch self {
        case .missingMeasurement:
            "The record has no measurement name; start it with one, as in `pump value=1`."
        case .missingTagKey:
            "A tag has no key; write tags as `,key=value` without spaces."
        case .missingTagEquals:
            "A tag has no `=`; write tags as `,key=value` and put `\\` before spaces in names."
        case .missingTagValue:
            "A tag has no value; leave the tag out or give it a value."
        case .equalsInTagValue:
            "A tag value contains a bare `=`; write it as `\\=`."
        case .missingFields:
            "The record has no fields; add a space and at least one `key=value`."
        case .missingFieldKey:
            "A field has no key; write fields as `key=value,key=value` without spaces."
        case .missingFieldEquals:
            "A field has no `=`; write fields as `key=value`."
        case .missingFieldValue:
            "A field has no value; leave the field out or give it a value."
        case .unquotedText:
            "A field value is no number, boolean or quoted text; put text in double quotes."
        case .singleQuotedText:
            "A field value is in single quotes; put text in double quotes."
        case .invalidNumber:
            "A field value is not a readable number; write `1.5`, `15i`, `15u` or `1.5e3`."
        case .notFinite:
            "A field value is NaN or infinite; leave the field out when there is no reading."
        case .floatOutOfRange:
            "A number is too large for a 64-bit float; send at most about 1.8e308."
        case .integerOutOfRange:
            "An integer is outside -2^63 to 2^63-1; send it as a float or as unsigned `u`."
        case .unsignedOutOfRange:
            "An unsigned integer is negative or above 2^64-1; send it as a float."
        case .unterminatedString:
            "A quoted text has no closing quote; close it with `\"` and write inner ones as `\\\"`."
        case .textAfterString:
            "Something follows a closing quote; write quotes inside a text as `\\\"`."
        case .invalidTimestamp:
            "The timestamp is not a whole number; put `\\` before spaces in names and quote text."
        case .timestampOutOfRange:
            "The timestamp does not fit 64 bits; check the precision of the sender."
        case .textAfterTimestamp:
            "Something follows the timestamp; send one record a line."
        case .nulByte:
            "A name contains a NUL byte; the data is binary or damaged."
        case .lineTooLong:
            "The record is longer than the limit; send fewer fields a line or shorter texts."
        case .tooManyTags:
            "The record has more tags than the limit; send fewer tags."
        case .tooManyFields:
            "The record has more fields than the limit; spread them over several records."
        }
    }
}

/// A refusal on its way out of the parser: the reason and the offending byte's offset in the
/// record.
struct Refusal: Error {
    let rejection: LineRejection
    let offset: Int

    init(_ rejection: LineRejection, at offset: Int) {
        self.rejection = rejection
        self.offset = offset
    }
}
