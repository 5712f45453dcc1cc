internal import HTTPTypes
internal import Hummingbird
internal import Intake
internal import LineProtocol
internal import Logging
internal import NIOCore
internal import Platform
internal import Primitives

/// What there is to ask of one HTTP listener, and who may.
struct WebSite: Sendable {
    let listener: WebListener
    let limits: WebLimits
    let lineBytesMax: Int
    let handOff: BlockHandOff
    let counts: RunningWebCounts
    let gate: RequestGate
    let version: String
    let snapshot: @Sendable () -> IntakeSnapshot

    /// The answer to a request.
    func respond(to request: Request, from source: LineSource) async -> Response {
        counts.add(\.requests)
        var response = await answer(request, source)
        response.headers[.date] = HTTPDate.text(WallClock.now())
        response.headers[.server] = "Forestall/\(version)"
        if let name = HTTPField.Name("X-Influxdb-Version") { response.headers[name] = version }
        return response
    }

    private func answer(_ request: Request, _ source: LineSource) async -> Response {
        switch (request.uri.path, request.method) {
        case ("/write", .post): return await write(request, .v1, source)
        case ("/api/v2/write", .post): return await write(request, .v2, source)
        case ("/ping", .get), ("/ping", .head): return ping(request)
        case ("/health", .get), ("/health", .head): return health()
        case ("/query", .get), ("/query", .post): return await query(request, source)
        case ("/metrics", .get), ("/metrics", .head): return metrics()
        case ("/write", _), ("/api/v2/write", _): return notAllowed("POST")
        case ("/ping", _), ("/health", _), ("/metrics", _): return notAllowed("GET, HEAD")
        case ("/query", _): return notAllowed("GET, POST")
        default:
            return error(.notFound, "not found", "there is nothing at this path")
        }
    }

    // MARK: Lines

    private func write(
        _ request: Request, _ dialect: WriteDialect, _ source: LineSource
    ) async -> Response {
        let items = QueryItems(request.uri.query ?? "")
        guard isAuthorized(request, items) else {
            refuse(.unauthorized, \.unauthorized, source)
            return WriteAnswer.unauthorized(dialect).response(dialect)
        }
        let usual = listener.policy.precision
        guard let precision = dialect.precision(items["precision"], default: usual) else {
            return invalid("invalid precision; use \(dialect.precisions)").response(dialect)
        }
        let encoding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
        guard encoding == "gzip" || encoding == "identity" else {
            return WriteAnswer(
                status: .unsupportedMediaType, code: "invalid",
                message: "this Content-Encoding is not supported; use gzip or none"
            ).response(dialect)
        }
        guard gate.enter(source) else { return busy(taken: 0).response(dialect) }
        defer { gate.leave(source) }
        let sender = BodyLines.Sender(
            source: source, precision: precision, listener: listener)
        return await take(request, sender, isGzip: encoding == "gzip").response(dialect)
    }

    private func take(
        _ request: Request, _ sender: BodyLines.Sender, isGzip: Bool
    ) async -> WriteAnswer {
        if let text = request.headers[.contentLength], let length = Int(text),
            length > limits.bodyBytesMax
        {
            return stopped(.tooLarge(limits.bodyBytesMax), taken: 0, sender.source)
        }
        var body = WriteBody(
            lines: BodyLines(
                sender: sender, lineBytesMax: lineBytesMax, namedMax: limits.linesNamed),
            isGzip: isGzip, limits: limits, handOff: handOff)
        var stop: WriteBody.Stop?
        do throws(WriteBody.Stop) {
            try await body.take(request.body)
        } catch {
            if error == .disconnected { body.breakOff() }
            stop = error
        }
        counts.add(\.bodyBytes, body.count)
        counts.add(\.linesTaken, body.lines.taken)
        counts.add(\.linesRefused, body.lines.refused + body.lines.overRate)
        if let stop { return stopped(stop, taken: body.lines.taken, sender.source) }
        if body.lines.overRate > 0 { return overRate(body.lines) }
        return body.lines.refused > 0 ? .partial(body.lines) : .taken
    }

    private func stopped(
        _ stop: WriteBody.Stop, taken: Int, _ source: LineSource
    ) -> WriteAnswer {
        switch stop {
        case .tooLarge(let limit):
            refuse(.bodyTooLarge, \.bodiesTooLarge, source)
            return .brokenOff(
                .contentTooLarge, "request too large",
                "the body is larger than \(limit) bytes", taken: taken)
        case .corrupt(let message):
            refuse(.corruptBody, \.bodiesCorrupt, source)
            return .brokenOff(.badRequest, "invalid", message, taken: taken)
        case .busy: return busy(taken: taken)
        case .notSafe: return notSafe()
        case .disconnected:
            return .brokenOff(.badRequest, "invalid", "the body ends early", taken: taken)
        }
    }

    private func overRate(_ lines: borrowing BodyLines) -> WriteAnswer {
        var answer = WriteAnswer.brokenOff(
            .tooManyRequests, "too many requests",
            "\(lines.overRate) lines are more than this sender may send, and were left out",
            taken: lines.taken)
        answer.retryAfterSeconds = limits.retryAfterSeconds
        return answer
    }

    private func busy(taken: Int) -> WriteAnswer {
        counts.add(\.busy)
        var answer = WriteAnswer.brokenOff(
            .serviceUnavailable, "unavailable", "busy, try again later", taken: taken)
        answer.retryAfterSeconds = limits.retryAfterSeconds
        return answer
    }

    /// The lines are not on the disk; some of them may be taken in all the same.
    private func notSafe() -> WriteAnswer {
        counts.add(\.busy)
        var answer = WriteAnswer(
            status: .serviceUnavailable, code: "unavailable",
            message: "the lines cannot be kept safe at present, send them again later")
        answer.retryAfterSeconds = limits.retryAfterSeconds
        return answer
    }

    private func refuse(
        _ reason: IntakeRefusalReason, _ counter: RunningWebCounts.Counter, _ source: LineSource
    ) {
        counts.add(counter)
        handOff.note(IntakeRefusal(reason, source: source, arrival: WallClock.now()))
    }

    // MARK: Who may

    /// A token comes as `Authorization: Token T` or `Bearer T`, as the password of Basic, or in
    /// 1.x's parameter `p`; who uses 2.x's clients against 1.x writes `Token user:password`.
    private func isAuthorized(_ request: Request, _ items: QueryItems) -> Bool {
        guard let tokens = listener.tokens else { return true }
        guard let header = request.headers[.authorization] else {
            return items["p"].map(tokens.accept) ?? false
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return false }
        let given = String(parts[1])
        switch parts[0].lowercased() {
        case "token", "bearer":
            return tokens.accept(given) || tokens.accept(Self.password(given))
        case "basic":
            return Base64.decode(given).map { tokens.accept(Self.password($0)) } ?? false
        default: return false
        }
    }

    private static func password(_ pair: String) -> String {
        guard let colon = pair.firstIndex(of: ":") else { return "" }
        return String(pair[pair.index(after: colon)...])
    }

    // MARK: Questions

    private func ping(_ request: Request) -> Response {
        let verbose = QueryItems(request.uri.query ?? "")["verbose"] ?? ""
        guard !["", "0", "false"].contains(verbose) else {
            return Response(status: .noContent)
        }
        return json(.ok) { $0.object { $0.member("version", version) } }
    }

    /// InfluxDB 2.x answers 503 when something is wrong. Lines are taken all the same, until the
    /// memory for them is full.
    private func health() -> Response {
        let now = snapshot()
        var checks = [(name: "store", trouble: now.storeTrouble)]
        if let journal = now.journal { checks.append(("journal", journal.trouble)) }
        let message =
            now.storeTrouble.map { "lines wait in memory: " + $0 }
            ?? now.journal?.trouble.map { "requests are told to come back: " + $0 }
        return json(message == nil ? .ok : .serviceUnavailable) { json in
            json.object { json in
                json.member("name", "forestall")
                json.member("message", message ?? "ready for lines")
                json.member("status", message == nil ? "pass" : "fail")
                json.member(
                    "checks",
                    array: { json in
                        for check in checks {
                            json.object { json in
                                json.member("name", check.name)
                                json.member("message", check.trouble ?? "writes")
                                json.member("status", check.trouble == nil ? "pass" : "fail")
                            }
                        }
                    })
                json.member("version", version)
                json.member("commit", "")
            }
        }
    }

    /// Clients of 1.x create their database before they write. There is none to create, and nothing
    /// else that could be asked.
    private func query(_ request: Request, _ source: LineSource) async -> Response {
        let items = QueryItems(request.uri.query ?? "")
        guard isAuthorized(request, items) else {
            refuse(.unauthorized, \.unauthorized, source)
            return WriteAnswer.unauthorized(.v1).response(.v1)
        }
        var text = items["q"]
        if text == nil, let body = try? await request.body.collect(upTo: limits.headerBytesMax) {
            text = QueryItems(String(buffer: body))["q"]
        }
        let words = (text ?? "").split(whereSeparator: \.isWhitespace).map { $0.uppercased() }
        guard words.starts(with: ["CREATE", "DATABASE"]) else {
            return invalid(
                "only CREATE DATABASE is understood; ask the program's own commands or its database"
            ).response(.v1)
        }
        return json(.ok) { json in
            json.object { json in
                json.member(
                    "results",
                    array: { json in
                        json.object { $0.member("statement_id", 0) }
                    })
            }
        }
    }

    private func metrics() -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "text/plain; version=0.0.4; charset=utf-8"
        let text = MetricsText.text(snapshot(), web: counts.snapshot)
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    // MARK: Answers

    private func invalid(_ message: String) -> WriteAnswer {
        WriteAnswer(status: .badRequest, code: "invalid", message: message)
    }

    private func notAllowed(_ methods: String) -> Response {
        var response = error(
            .methodNotAllowed, "method not allowed", "this path takes \(methods) only")
        response.headers[.allow] = methods
        return response
    }

    /// An error outside either dialect's paths: with the members of both.
    private func error(
        _ status: HTTPResponse.Status, _ code: String, _ message: String
    ) -> Response {
        json(status) { json in
            json.object { json in
                json.member("code", code)
                json.member("message", message)
                json.member("error", message)
            }
        }
    }

    private func json(
        _ status: HTTPResponse.Status, _ body: (inout JSONText) -> Void
    ) -> Response {
        var json = JSONText()
        body(&json)
        var headers = HTTPFields()
        headers[.contentType] = "application/json; charset=utf-8"
        return Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes + [0x0A])))
    }
}
