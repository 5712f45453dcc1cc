package import Intake

/// What intake and engine have counted so far, as values: this room cannot reach either.
package struct IntakeSnapshot: Sendable {
    /// Refused lines, connections and requests of one transport and reason.
    package struct Refused: Sendable, Equatable {
        package var transport: String
        package var reason: String
        package var count: UInt64

        package init(transport: String, reason: String, count: UInt64) {
            self.transport = transport
            self.reason = reason
            self.count = count
        }
    }

    package var udp = UDPCounts()
    package var tcp = TCPCounts()
    /// Lines the engine has taken in.
    package var linesAccepted: UInt64 = 0
    package var linesLate: UInt64 = 0
    package var readings: UInt64 = 0
    package var readingsAmending: UInt64 = 0
    package var windowsClosed: UInt64 = 0
    /// In order of transport and reason.
    package var refused: [Refused] = []
    package var blocks = 0
    package var blocksFree = 0
    /// Blocks that wait for the engine.
    package var blocksWaiting = 0
    package var residentBytes: UInt64 = 0
    /// Why nothing can be committed at present, as a sentence.
    package var storeTrouble: String?
    /// Databases that were damaged and set aside.
    package var damagedDatabases = 0

    /// Nil where lines are not written down.
    package var journal: Journal?

    package init() {}

    /// The journal of accepted lines.
    package struct Journal: Sendable {
        /// Of its files.
        package var bytes: UInt64
        /// Written by this process, and how often the disk was waited for.
        package var records: UInt64
        package var synchronizations: UInt64
        /// Blocks of requests that were refused, and others that were taken in without it, because
        /// it could not be written.
        package var blocksRefused: UInt64
        package var blocksUnwritten: UInt64
        /// Why it cannot be written at present, as a sentence.
        package var trouble: String?

        package init(
            bytes: UInt64, records: UInt64, synchronizations: UInt64, blocksRefused: UInt64,
            blocksUnwritten: UInt64, trouble: String?
        ) {
            self.bytes = bytes
            self.records = records
            self.synchronizations = synchronizations
            self.blocksRefused = blocksRefused
            self.blocksUnwritten = blocksUnwritten
            self.trouble = trouble
        }
    }
}
