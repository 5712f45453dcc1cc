import Primitives

/// The envelope of a delivered message: CloudEvents 1.0, JSON event format, structured mode
/// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).
struct CloudEvent {
    /// Unique per source; the idempotency key of whoever receives it.
    var id: String
    var gateway: String
    /// `opened`, `closed`, ...
    var kind: String
    var subject: String
    /// RFC 3339
    var time: String
    /// JSON
    var data: String

    var json: String {
        var json = JSONText()
        json.object { json in
            json.member("specversion", "1.0")
            json.member("id", id)
            json.member("source", "/forestall/" + CloudEvent.pathSegment(gateway))
            json.member("type", "forestall.ticket.\(kind).v1")
            json.member("subject", subject)
            json.member("time", time)
            json.member("datacontenttype", "application/json")
            json.key("data")
            json.raw(data)
        }
        return json.text
    }

    /// `source` is a URI reference (RFC 3986): everything that is not unreserved is encoded.
    static func pathSegment(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (byte < 16 ? "0" : "") + digits
            }
        }
        return result
    }
}
