import Intake
import Platform
import Synchronization
import Web

/// What the threads know of the journal together: how much of it there is, and what is wrong.
final class JournalState: Sendable {
    struct Counts: Sendable {
        /// Bytes of all segments.
        var bytes = 0
        /// Records written by this process, and how often the disk was waited for.
        var records: UInt64 = 0
        var synchronizations: UInt64 = 0
        /// Blocks that could not be written down. Those of requests were refused with 503, others
        /// were taken in without it.
        var blocksRefused: UInt64 = 0
        var blocksUnwritten: UInt64 = 0
        /// Records of an earlier process that were taken in again, and bytes behind a torn one.
        var recordsRecovered: UInt64 = 0
        var tornBytes = 0
        /// Bytes written since a checkpoint was last asked for.
        var bytesSinceRequest = 0
        /// Why nothing can be written at present.
        var trouble: String?
    }

    let files: JournalFiles
    /// Lines are written down; otherwise what an earlier process left is taken in, and no more.
    let isWritten: Bool
    private let state: Mutex<Counts>

    init(_ files: JournalFiles, isWritten: Bool) {
        self.files = files
        self.isWritten = isWritten
        var counts = Counts()
        counts.bytes = (try? files.bytes()) ?? 0
        state = Mutex(counts)
    }

    var counts: Counts { state.withLock { $0 } }

    /// What the web server prints of it.
    var snapshot: IntakeSnapshot.Journal {
        let counts = counts
        return IntakeSnapshot.Journal(
            bytes: UInt64(clamping: counts.bytes), records: counts.records,
            synchronizations: counts.synchronizations, blocksRefused: counts.blocksRefused,
            blocksUnwritten: counts.blocksUnwritten, trouble: counts.trouble)
    }

    func update(_ body: (inout Counts) -> Void) { state.withLock { body(&$0) } }
}
