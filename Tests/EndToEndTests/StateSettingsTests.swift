import Foundation
import Testing

extension EndToEndTests {
    /// How often the daemon writes down what it has learned, and how long the database's
    /// write-ahead log becomes, as `[state]` says.
    @Suite struct StateSettingsTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private func size(of file: String) -> Int {
            let attributes = try? FileManager.default.attributesOfItem(
                atPath: directory("state/" + file))
            return attributes?[.size] as? Int ?? 0
        }

        /// Both files, while it runs: at the default it would take an hour.
        @Test func checkpointsComeAsOftenAsTheyAreToldTo() throws {
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"),
                configuration: "[state]\ncheckpoint_interval = \"1s\"\n")
            try ForestallProgram.wait(for: "two checkpoints") {
                size(of: "checkpoint.a") > 0 && size(of: "checkpoint.b") > 0
            }
            #expect(try daemon.stop().code == 0)
        }

        /// 60,000 windows of a minute, which are more than 4 MB of log.
        private func logBytes(_ configuration: String, state: String) throws -> Int {
            let daemon = try RunningDaemon(
                in: directory, state: directory(state), configuration: configuration)
            let fields = (0..<10).map { "s\($0)=\($0).5" }.joined(separator: ",")
            let sender = try StreamSender(port: daemon.tcpPorts[0])
            for minute in 0..<300 {
                let stamp = (1_770_091_800 + 60 * minute) * 1_000_000_000
                let lines = (0..<20).map { "machine,device=m\($0) \(fields) \(stamp)\n" }
                try sender.send(lines.joined())
            }
            let log = directory(state + "/forestall.db-wal")
            func length(_ path: String) -> Int {
                (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
            }
            try ForestallProgram.wait(for: "the windows in the store") {
                length(log) + length(directory(state + "/forestall.db")) > 4 << 20
            }
            defer { _ = try? daemon.stop() }
            return length(log)
        }

        @Test func theLogIsAsLongAsItIsToldToBecome() throws {
            #expect(
                try logBytes("[state]\nlog_size = \"1MiB\"\n", state: "short") < 2 << 20)
            #expect(try logBytes("", state: "long") > 2 << 20)
        }
    }
}
