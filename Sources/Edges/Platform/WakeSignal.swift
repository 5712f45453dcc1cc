internal import CPlatform
internal import Glibc

/// Wakes a thread that waits on a socket. Once raised it stays raised.
///
/// Protection argument for the unsafe code: one call reads the eight bytes of a local variable.
package struct WakeSignal: ~Copyable, Sendable {
    let descriptor: Descriptor

    package init() throws(SystemFailure) {
        let number = csystem_eventfd()
        guard number >= 0 else {
            throw SystemFailure("create", "wake signal", code: -number)
        }
        descriptor = Descriptor(owning: number)
    }

    /// Safe from any thread.
    package func raise() {
        var one: UInt64 = 1
        // Fails only when the counter is full, and then the signal is raised already.
        _ = unsafe write(descriptor.number, &one, 8)
    }
}
