internal import HTTPTypes
internal import Hummingbird
internal import Primitives

/// What a request is answered, in the words its client understands.
///
/// InfluxDB 1.x answers errors with `{"error":"..."}` and repeats the sentence in the header
/// `X-Influxdb-Error`; 2.x with `{"code":"...","message":"..."}` and, for a line, its number. Both
/// get the list of refused lines on top.
struct WriteAnswer: Sendable {
    var status: HTTPResponse.Status
    /// 2.x's word for the kind of error.
    var code = ""
    var message = ""
    var lines: [RefusedLine] = []
    var retryAfterSeconds: Int?

    static let taken = WriteAnswer(status: .noContent)

    static func unauthorized(_ dialect: WriteDialect) -> WriteAnswer {
        // Each in the words of the InfluxDB it stands in for.
        let message = dialect == .v1 ? "authorization failed" : "unauthorized access"
        return WriteAnswer(status: .unauthorized, code: "unauthorized", message: message)
    }

    /// Some lines, or all, were refused by the grammar or cut off.
    static func partial(_ lines: borrowing BodyLines) -> WriteAnswer {
        let all = lines.taken + lines.refused
        var message = lines.taken > 0 ? "partial write: " : "unable to parse: "
        message += "\(lines.refused) of \(all) lines refused"
        for line in lines.named {
            message += "; line \(line.line), column \(line.column): \(line.message)"
        }
        let unnamed = lines.refused - lines.named.count
        if unnamed > 0 { message += "; and \(unnamed) more" }
        // The word that clients of 1.x look for.
        message += " dropped=\(lines.refused)"
        return WriteAnswer(
            status: .badRequest, code: "invalid", message: message, lines: lines.named)
    }

    /// The body ended early for a reason of its own; `taken` lines before it were handed on.
    static func brokenOff(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, taken: Int
    ) -> WriteAnswer {
        let before = taken > 0 ? " (\(taken) lines before that were taken)" : ""
        return WriteAnswer(status: status, code: code, message: message + before)
    }

    func response(_ dialect: WriteDialect) -> Response {
        var headers = HTTPFields()
        if let retryAfterSeconds { headers[.retryAfter] = String(retryAfterSeconds) }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Basic realm=\"Forestall\"" }
        guard status != .noContent else { return Response(status: status, headers: headers) }
        if dialect == .v1, let name = HTTPField.Name("X-Influxdb-Error") {
            headers[name] = String(message.prefix(Self.headerCharacters))
        }
        headers[.contentType] = "application/json; charset=utf-8"
        return Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json(dialect))))
    }

    private static let headerCharacters = 1_024

    private func json(_ dialect: WriteDialect) -> [UInt8] {
        var json = JSONText()
        json.object { json in
            switch dialect {
            case .v1: json.member("error", message)
            case .v2:
                json.member("code", code)
                json.member("message", message)
                if let first = lines.first { json.member("line", first.line) }
            }
            guard !lines.isEmpty else { return }
            json.member(
                "refused",
                array: { json in
                    for line in lines {
                        json.object { json in
                            json.member("line", line.line)
                            json.member("column", line.column)
                            json.member("reason", line.reason)
                            json.member("message", line.message)
                        }
                    }
                })
        }
        return json.bytes + [0x0A]
    }
}
