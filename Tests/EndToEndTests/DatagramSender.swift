// Protection argument for the unsafe calls: `connect` and `getsockname` get a local address
// structure with its true size, `send` an array's own storage with its true count; none keeps a
// pointer after it returned.

import Foundation
import Glibc

/// Sends datagrams to a listener on this machine and loses none: it looks into `/proc/net/udp` how
/// much the listener has not taken yet, and waits while that is a lot.
final class DatagramSender {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let descriptor: Int32
    /// The listener's port, as `/proc/net/udp` writes it.
    private let portText: String
    private var unchecked = 0

    /// Bytes that may lie in the listener's buffer as the kernel counts them; the smallest usual
    /// buffer is about twice this.
    private static let waitingBytesMost = 100_000
    /// As much as can be sent on top of that between two looks.
    private static let bytesBetweenLooks = 16_000

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        portText = ":" + hex(port)
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
    }

    deinit { close(descriptor) }

    /// Whole lines, as many as fit into datagrams of that size, at least one each.
    func send(_ lines: [String], datagramBytes: Int) throws {
        var datagram: [UInt8] = []
        for line in lines {
            let bytes = line.utf8.count + 1
            if !datagram.isEmpty, datagram.count + bytes > datagramBytes {
                try send(datagram)
                datagram.removeAll(keepingCapacity: true)
            }
            datagram += line.utf8
            datagram.append(0x0A)
        }
        if !datagram.isEmpty { try send(datagram) }
    }

    func send(_ datagram: [UInt8]) throws {
        // What the kernel keeps for a small datagram is mostly its own bookkeeping.
        let cost = datagram.count * 2 + 1_000
        if unchecked + cost > Self.bytesBetweenLooks {
            try ForestallProgram.wait(for: "the listener") {
                try waitingBytes() <= Self.waitingBytesMost
            }
            unchecked = 0
        }
        unchecked += cost
        let sent = unsafe datagram.withUnsafeBytes { buffer in
            unsafe Glibc.send(descriptor, buffer.baseAddress, buffer.count, 0)
        }
        guard sent == datagram.count else {
            throw Failure(description: "cannot send \(datagram.count) bytes: errno \(errno)")
        }
    }

    private func waitingBytes() throws -> Int {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/net/udp"))
        defer { try? handle.close() }
        let text = String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
        for row in splitLines(text).dropFirst() {
            let columns = row.split(separator: " ")
            guard columns.count > 4, columns[1].hasSuffix(portText),
                let waiting = columns[4].split(separator: ":").last
            else { continue }
            return Int(waiting, radix: 16) ?? 0
        }
        throw Failure(description: "nothing listens on port \(portText)")
    }
}

/// Four digits, as the kernel prints ports.
private func hex(_ port: UInt16) -> String {
    let digits = String(port, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.utf8.count) + digits
}
