internal import CPlatform
internal import Glibc

/// Waits on any number of sockets at once and tells which can be read (epoll, level-triggered: what
/// was not read is told again, after everybody else).
///
/// Protection argument for the unsafe code: the kernel fills a local array, at most its own count.
package struct ReadinessPoll: ~Copyable {
    private let descriptor: Descriptor
    private var tokens: [UInt64]

    /// `events` is how many sockets one ``wait(milliseconds:)`` tells at most.
    package init(events: Int = 256) throws(SystemFailure) {
        let number = csystem_poll_create()
        guard number >= 0 else { throw SystemFailure("create", "poll", code: -number) }
        descriptor = Descriptor(owning: number)
        tokens = Array(repeating: 0, count: events)
    }

    package func add(
        _ socket: borrowing ListeningSocket, token: UInt64
    ) throws(SystemFailure) {
        try add(socket.descriptor, token)
    }

    package func add(_ socket: borrowing StreamSocket, token: UInt64) throws(SystemFailure) {
        try add(socket.descriptor, token)
    }

    package func add(_ wake: borrowing WakeSignal, token: UInt64) throws(SystemFailure) {
        try add(wake.descriptor, token)
    }

    /// A socket that is closed leaves by itself; this is for one that stays open.
    package func remove(_ socket: borrowing ListeningSocket) {
        _ = csystem_poll_remove(descriptor.number, socket.descriptor.number)
    }

    /// How many sockets can be read, see ``token(_:)``; 0 when the time has passed. No time means
    /// to wait as long as it takes.
    package mutating func wait(milliseconds: Int?) throws(SystemFailure) -> Int {
        let count = unsafe csystem_poll_wait(
            descriptor.number, &tokens, Int32(tokens.count),
            milliseconds.map { Int32(clamping: $0) } ?? -1)
        guard count >= 0 else { throw SystemFailure("wait on", "poll", code: -count) }
        return Int(count)
    }

    /// What the socket was added with. `index` is below the last result of ``wait(milliseconds:)``.
    package func token(_ index: Int) -> UInt64 { tokens[index] }

    private func add(
        _ other: borrowing Descriptor, _ token: UInt64
    ) throws(SystemFailure) {
        let code = csystem_poll_add(descriptor.number, other.number, token)
        guard code >= 0 else { throw SystemFailure("wait on", "socket", code: -code) }
    }
}

/// How many files and sockets this process may have open.
package enum DescriptorLimit {
    /// Raises it to `wanted` if the system lets it; returns what holds now.
    package static func raise(to wanted: Int) -> Int {
        Int(csystem_raise_descriptor_limit(Int32(clamping: wanted)))
    }
}
