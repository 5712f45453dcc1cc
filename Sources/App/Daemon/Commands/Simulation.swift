package import FleetSimulator
import Foundation
import Intake
import Platform
import Primitives

/// Runs the fleet simulator into a directory or onto the network.
package struct Simulation {
    package enum Output: Equatable, Sendable {
        /// Writes `telemetry.lp.gz`, `truth.csv` and `maintenance.csv` there.
        case directory(String)
        /// Lines on standard output.
        case standardOutput
        /// Datagrams to `host:port`; at most so many lines per second (`nil`: as fast as it goes).
        case udp(host: String, port: UInt16, linesPerSecond: Double?)
    }

    /// What was made.
    package struct Summary: Equatable, Sendable {
        package var devices: Int
        package var lines: UInt64
        package var failures: Int
        package var files: [String]
    }

    package static func run(
        _ options: FleetOptions, to output: Output
    ) throws(CommandFailure) -> Summary {
        do {
            switch output {
            case .directory(let path): return try write(Fleet(options), to: path)
            case .standardOutput: return try print(Fleet(options))
            case .udp(let host, let port, let rate):
                return try send(Fleet(options), host: host, port: port, rate: rate)
            }
        } catch {
            throw CommandFailure(error.description, .inputOutput)
        }
    }

    /// Lines are handed on in pieces of about this many bytes.
    private static let pieceBytes = 64 << 10

    private static func feed(
        _ fleet: inout Fleet, _ body: (Span<UInt8>) throws(SystemFailure) -> Void
    ) throws(SystemFailure) -> UInt64 {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(2 * pieceBytes)
        var lines: UInt64 = 0
        while fleet.next(into: &buffer) != nil {
            guard buffer.count >= pieceBytes else { continue }
            lines += UInt64(buffer.count { $0 == 0x0A })
            try body(buffer.span)
            buffer.removeAll(keepingCapacity: true)
        }
        if !buffer.isEmpty {
            lines += UInt64(buffer.count { $0 == 0x0A })
            try body(buffer.span)
        }
        return lines
    }

    private static func write(
        _ start: Fleet, to path: String
    ) throws(SystemFailure) -> Summary {
        var fleet = start
        try Directory.create(path)
        let telemetry = path + "/telemetry.lp.gz"
        var file = try GzipWriter(path: telemetry, level: 9)
        let lines = try feed(&fleet) { bytes throws(SystemFailure) in try file.write(bytes) }
        try file.finish()
        let truth = path + "/truth.csv"
        let maintenance = path + "/maintenance.csv"
        try writeText(GroundTruthEvent.csv(fleet.truth), to: truth)
        try writeText(MaintenanceEvent.csv(fleet.maintenance), to: maintenance)
        return summary(fleet, lines: lines, files: [telemetry, truth, maintenance])
    }

    private static func writeText(_ text: String, to path: String) throws(SystemFailure) {
        let bytes = Array(text.utf8)
        try OutputFile(path: path).write(bytes.span)
    }

    private static func print(_ start: Fleet) throws(SystemFailure) -> Summary {
        var fleet = start
        let output = try OutputFile(path: "/dev/stdout")
        let lines = try feed(&fleet) { bytes throws(SystemFailure) in try output.write(bytes) }
        return summary(fleet, lines: lines, files: [])
    }

    private static func send(
        _ start: Fleet, host: String, port: UInt16, rate: Double?
    ) throws(SystemFailure) -> Summary {
        var fleet = start
        var sender = try UDPSender(host: host, port: port, linesPerSecond: rate)
        let lines = try feed(&fleet) { bytes throws(SystemFailure) in try sender.send(bytes) }
        return summary(fleet, lines: lines, files: [])
    }

    private static func summary(_ fleet: Fleet, lines: UInt64, files: [String]) -> Summary {
        Summary(
            devices: fleet.devices.count, lines: lines,
            failures: fleet.truth.count { $0.failure != nil }, files: files)
    }
}
