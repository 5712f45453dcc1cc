import Foundation
import Testing

extension EndToEndTests {
    /// collectd as it is, writing to the daemon: it sends milliseconds and says so nowhere.
    @Suite struct CollectdTests {
        /// Found without starting a process: conditions of tests are judged at the same time, and
        /// processes cannot be started from several threads at once.
        static let program: String? = {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            return (path.split(separator: ":") + ["/usr/sbin"]).map { $0 + "/collectd" }
                .first { FileManager.default.isExecutableFile(atPath: $0) }
        }()

        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        struct Device: Decodable {
            var device: String
            var firstSeen: Date
            var lastWindow: Date?
        }

        struct Signal: Decodable {
            var signal: String
            var mean: Double?
            var window: Date?
        }

        private func start(sendingTo port: UInt16) throws -> Process {
            let file = try directory.write(
                """
                Hostname "gateway-1"
                FQDNLookup false
                BaseDir "\(directory("collectd"))"
                PIDFile "\(directory("collectd.pid"))"
                Interval 1
                LoadPlugin load
                LoadPlugin memory
                LoadPlugin cpu
                LoadPlugin write_influxdb_udp
                <Plugin write_influxdb_udp>
                  Server "127.0.0.1" "\(port)"
                  StoreRates true
                </Plugin>

                """, to: "collectd.conf")
            return try ForestallProgram.start(
                try #require(Self.program), ["-f", "-C", file], input: "/dev/null",
                output: directory("collectd.out"), errors: directory("collectd.err"))
        }

        private func table<Row: Decodable>(_ arguments: String...) throws -> [Row] {
            let outcome = try ForestallProgram.run(
                try ForestallProgram.path(),
                arguments + ["--json", "--state", directory("state")])
            guard outcome.code == 0 else { return [] }
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            decoder.dateDecodingStrategy = .custom { decoder in
                let text = try decoder.singleValueContainer().decode(String.self)
                let whole = text.prefix { $0 != "." && $0 != "Z" } + "Z"
                guard let date = ISO8601DateFormatter().date(from: String(whole)) else {
                    throw CocoaError(.coderInvalidValue)
                }
                return date
            }
            return try decoder.decode([Row].self, from: Data(outcome.output.utf8))
        }

        @Test(
            .enabled(if: program != nil, "needs collectd (Debian package collectd-core)"),
            arguments: ["ms", "auto"])
        func itsReadingsArriveAtTheirTime(precision: String) throws {
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), listeners: 0, clock: "wall",
                configuration: """
                    [listener.collectd]
                    transport = "udp"
                    address = "127.0.0.1:0"
                    precision = "\(precision)"
                    [class.generic]
                    window = "1s"
                    lateness = "2s"
                    """)
            let collectd = try start(sendingTo: daemon.ports[0])
            defer { ForestallProgram.kill(collectd) }
            let wanted = [
                "load.shortterm,type=load", "memory.value,type=memory,type_instance=free",
            ]
            try ForestallProgram.wait(for: "the signals of collectd") {
                let signals: [Signal] = try table("signals", "gateway-1")
                return Set(wanted).isSubset(of: signals.filter { $0.mean != nil }.map(\.signal))
                    && signals.contains { $0.signal.hasPrefix("cpu.value,") && $0.mean != nil }
            }
            collectd.terminate()
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["refused"] == 0)

            let devices: [Device] = try table("devices")
            #expect(devices.map(\.device) == ["gateway-1"])
            let signals: [Signal] = try table("signals", "gateway-1")
            let times =
                devices.flatMap { [$0.firstSeen, $0.lastWindow ?? .distantPast] }
                + signals.compactMap(\.window)
            #expect(times.allSatisfy { abs($0.timeIntervalSinceNow) < 300 }, "\(times)")
            let free = signals.first { $0.signal == wanted[1] }?.mean ?? 0
            #expect(free > 1_000_000)

            let warnings = splitLines(ending.errors).filter { $0.contains("not nanoseconds") }
            #expect(warnings.count == (precision == "auto" ? 1 : 0), "\(warnings)")
            for warning in warnings {
                #expect(warning.contains("guess=milliseconds source=udp:127.0.0.1"))
                #expect(warning.contains("advice=set precision = \"ms\" for the listener"))
            }
            let status = try ForestallProgram.run("status", "--state", directory("state")).output
            #expect(status.contains(/Stamps guessed +0\n/) == (precision == "ms"))
        }
    }
}
