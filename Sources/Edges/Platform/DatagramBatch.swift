internal import CPlatform
package import Primitives

/// Receive buffers for many datagrams per system call, allocated once.
///
/// Protection argument for the unsafe code: `batch` is created in `init`, owned by this
/// noncopyable value and destroyed in `deinit`. A datagram's bytes are read only between two
/// calls of `receive`, for an index below the last result, and for at most the slot's size.
@safe package struct DatagramBatch: ~Copyable {
    private let batch: OpaquePointer
    private let bytesMax: Int
    private var received = 0
    private var transport = LineSource.Transport.udp

    /// Each slot is one byte larger than `bytesMax`, so that a datagram that is too long is seen
    /// to be too long.
    package init(datagrams: Int, bytesMax: Int) {
        precondition(datagrams > 0 && bytesMax > 0, "BUG: empty batch")
        guard
            let batch = unsafe csystem_batch_create(
                UInt32(clamping: datagrams), UInt32(clamping: bytesMax + 1))
        else { fatalError("out of memory: no receive buffers for \(datagrams) datagrams") }
        unsafe self.batch = unsafe batch
        self.bytesMax = bytesMax
    }

    deinit { unsafe csystem_batch_destroy(batch) }

    /// Takes what the socket holds, up to the size of the batch; 0 when it holds nothing.
    package mutating func receive(
        from socket: borrowing DatagramSocket
    ) throws(SystemFailure) -> Int {
        received = 0
        transport = socket.kind.transport
        let count = unsafe csystem_batch_receive(batch, socket.descriptor.number)
        guard count >= 0 else {
            throw SystemFailure(
                "receive on", "\(socket.kind.rawValue) \(socket.localAddress)", code: -count)
        }
        received = Int(count)
        return received
    }

    /// The bytes of one datagram (at most `bytesMax`), who sent it, and whether it was longer.
    package func withDatagram<Result: ~Copyable>(
        _ index: Int, _ body: (Span<UInt8>, LineSource, _ isTruncated: Bool) -> Result
    ) -> Result {
        precondition(index >= 0 && index < received, "BUG: no such datagram")
        let datagram = unsafe csystem_batch_datagram(batch, UInt32(index))
        let length = unsafe Int(datagram.length)
        let isTruncated = unsafe datagram.truncated || length > bytesMax
        let source = unsafe LineSource(
            transport: transport, high: datagram.address_high, low: datagram.address_low)
        let bytes = unsafe UnsafeBufferPointer(
            start: datagram.bytes, count: min(length, bytesMax))
        return unsafe body(bytes.span, source, isTruncated)
    }

    /// The kernel's drop counter as told with the newest datagram, modulo 2^32.
    package var drops: UInt32 { unsafe csystem_batch_drops(batch) }
}
