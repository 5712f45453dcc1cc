import Intake
import LineProtocol
import Platform
import Primitives

/// Sends recordings to a listener, as the machines once did.
package struct Sending {
    /// What went out.
    package struct Summary: Equatable, Sendable {
        package var lines: UInt64
        package var bytes: UInt64
    }

    /// Sends every line of the files, in order, at most `linesPerSecond`.
    package static func run(
        files: [String], host: String, port: UInt16, linesPerSecond: Double?
    ) throws(CommandFailure) -> Summary {
        do {
            var sender = try UDPSender(host: host, port: port, linesPerSecond: linesPerSecond)
            for (index, file) in files.enumerated() {
                try send(file, index: index, through: &sender)
            }
            return Summary(lines: sender.sentLines, bytes: sender.sentBytes)
        } catch let failure as RecordingFailure {
            throw CommandFailure(failure)
        } catch let failure as SystemFailure {
            throw CommandFailure(failure.description, .inputOutput)
        } catch {
            throw CommandFailure("\(error)", .inputOutput)
        }
    }

    private static func send(
        _ file: String, index: Int, through sender: inout UDPSender
    ) throws {
        var reader = try RecordingReader(
            path: file, fileIndex: index, boundary: RecordSplit.end)
        var block = LineBlock(
            slabBytes: IntakeLimits().slabBytes, segmentsMax: IntakeLimits().segmentsPerBlock)
        while try reader.fill(&block, arrival: WallClock.now()) {
            try block.withLines { bytes, _ in try sender.send(bytes) }
            block.reset()
        }
    }
}

extension CommandFailure {
    /// A recording that is not there or unreadable is 74, one that is damaged 65.
    init(_ failure: RecordingFailure) {
        switch failure.code {
        case .noInput, .unreadable: self.init(failure.description, .inputOutput)
        case .truncated, .corrupt, .notText: self.init(failure.description, .badInput)
        }
    }
}
