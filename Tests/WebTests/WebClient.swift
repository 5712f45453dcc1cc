// Protection argument for the unsafe calls: `connect` and `setsockopt` get a local structure with
// its true size, `send` and `recv` an array's own storage with its true count; none keeps a
// pointer after it returned.

import Glibc

/// A connection to a web listener on this machine, as a plain client would open it.
final class WebClient {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What a request was answered.
    struct Answer {
        var status = 0
        /// Names in lower case.
        var headers: [String: String] = [:]
        var body = ""
    }

    private let descriptor: Int32
    private var unread: [UInt8] = []

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "no socket: errno \(errno)") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "cannot connect: errno \(errno)") }
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        var noDelay: Int32 = 1
        unsafe setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay,
            socklen_t(MemoryLayout<Int32>.size))
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience,
            socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// For another thread; the connection must outlive it.
    var sender: Sender { Sender(descriptor: descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws { try sender.send(bytes) }

    /// The half of a connection that sends.
    struct Sender: Sendable {
        fileprivate let descriptor: Int32

        /// Everything, waiting as long as the listener makes it wait.
        func send(_ bytes: [UInt8]) throws {
            var position = 0
            while position < bytes.count {
                let sent = unsafe bytes.withUnsafeBytes { buffer in
                    unsafe Glibc.send(
                        descriptor, buffer.baseAddress?.advanced(by: position),
                        buffer.count - position, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { throw Failure(description: "cannot send: errno \(errno)") }
                position += sent
            }
        }
    }

    /// A whole request with a body of known length, and its answer.
    func request(
        _ method: String, _ target: String, headers: [String] = [], body: [UInt8] = []
    ) throws -> Answer {
        try begin(method, target, headers: headers + ["Content-Length: \(body.count)"])
        try send(body)
        return try answer()
    }

    func post(_ target: String, _ text: String, headers: [String] = []) throws -> Answer {
        try request("POST", target, headers: headers, body: Array(text.utf8))
    }

    /// The head of a request.
    func begin(_ method: String, _ target: String, headers: [String]) throws {
        let lines = ["\(method) \(target) HTTP/1.1", "Host: localhost"] + headers
        try send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    /// One piece of a chunked body; an empty one ends it.
    func sendChunk(_ bytes: [UInt8]) throws {
        try send(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0D, 0x0A])
    }

    /// The next answer.
    func answer() throws -> Answer {
        var answer = Answer()
        var isStatusLine = true
        while let line = try readLine(), !line.isEmpty || isStatusLine {
            if isStatusLine {
                answer.status = Int(line.split(separator: " ")[1]) ?? 0
                isStatusLine = false
            } else if let colon = line.firstIndex(of: ":") {
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                answer.headers[line[..<colon].lowercased()] = String(value)
            }
        }
        guard !isStatusLine else { throw Failure(description: "closed without an answer") }
        let length = Int(answer.headers["content-length"] ?? "0") ?? 0
        while unread.count < length, try receive() {}
        answer.body = String(decoding: unread.prefix(length), as: UTF8.self)
        unread.removeFirst(min(length, unread.count))
        return answer
    }

    /// Whether a part of an answer is there by now.
    var hasAnswer: Bool {
        var byte: UInt8 = 0
        return unsafe !unread.isEmpty
            || recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT | MSG_PEEK)) > 0
    }

    /// Waits until the listener closes the connection; false when it does not within a minute.
    func isClosedByListener() -> Bool {
        while true {
            var byte: UInt8 = 0
            let count = unsafe recv(descriptor, &byte, 1, 0)
            if count == 1 { continue }
            return count == 0 || errno != EAGAIN
        }
    }

    private func readLine() throws -> String? {
        while true {
            if let end = unread.firstIndex(of: 0x0A) {
                let line = unread[..<end].filter { $0 != 0x0D }
                unread.removeSubrange(...end)
                return String(decoding: line, as: UTF8.self)
            }
            guard try receive() else { return nil }
        }
    }

    private func receive() throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
        }
        guard count >= 0 else { throw Failure(description: "cannot receive: errno \(errno)") }
        unread += bytes.prefix(count)
        return count > 0
    }
}
