import Foundation
import Testing

extension EndToEndTests {
    /// Client libraries as their makers publish them, writing to the daemon.
    @Suite struct OfficialClientTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        struct Signal: Decodable {
            var signal: String
            var mean: Double?
        }

        func start() throws -> RunningDaemon {
            try RunningDaemon(
                in: directory, state: directory("state"), clock: "wall",
                configuration: ListenerTests.quickWindows)
        }

        /// Signals of a device that have closed a window, with the mean of the last one.
        func signals(_ device: String) throws -> [String: Double] {
            let outcome = try ForestallProgram.run(
                "signals", device, "--json", "--state", directory("state"))
            guard outcome.code == 0 else { return [:] }
            let rows = try JSONDecoder().decode([Signal].self, from: Data(outcome.output.utf8))
            return rows.reduce(into: [:]) { $0[$1.signal] = $1.mean }
        }

        /// Python `influxdb`, for InfluxDB 1.x.
        @Test(.enabled(if: OfficialClient.influxdb.python != nil, OfficialClient.advice))
        func influxdbOverUDP() throws {
            let daemon = try start()
            let outcome = try OfficialClient.influxdb.run(
                #"""
                import sys, datetime
                from influxdb import InfluxDBClient
                client = InfluxDBClient(host="127.0.0.1", use_udp=True, udp_port=int(sys.argv[1]))
                fields = {"v": 1.5, "n": 3, "on": True, "note": 'a "quoted", text\\'}
                tags = {"host": "p 1,=", "rack": "r"}
                client.write_points([{"measurement": "pump", "tags": tags, "fields": fields}])
                now = datetime.datetime.now(datetime.timezone.utc)
                client.write_points(
                    [{"measurement": "pump", "time": now, "fields": {"v": 2.5}}],
                    tags={"host": "p-2"})
                """#, String(daemon.ports[0]))
            #expect(outcome.code == 0, "\(outcome.errors)")
            try ForestallProgram.wait(for: "the lines") {
                try signals("p-2").isEmpty == false && signals("p 1,=").isEmpty == false
            }
            let ending = try daemon.stop()
            #expect(ending.totals["lines"] == 2)
            #expect(ending.totals["refused"] == 0)
            let first = try signals("p 1,=")
            #expect(first["pump.v,rack=r"] == 1.5)
            #expect(first["pump.n,rack=r"] == 3)
            #expect(try signals("p-2") == ["pump.v": 2.5])
        }

        /// `questdb` over TCP: its first protocol is line protocol; its second is binary, which is
        /// refused and harms nobody.
        @Test(.enabled(if: OfficialClient.questdb.python != nil, OfficialClient.advice))
        func questdbOverTCP() throws {
            let daemon = try start()
            let outcome = try OfficialClient.questdb.run(
                #"""
                import sys
                from questdb.ingress import Sender, TimestampNanos
                def send(version, device):
                    where = f"tcp::addr=127.0.0.1:{sys.argv[1]};protocol_version={version};"
                    with Sender.from_conf(where) as sender:
                        for number in range(100):
                            sender.row(
                                "pump", symbols={"host": device},
                                columns={"v": 1.5, "n": 3, "on": True, "note": 'a "b"\nc'},
                                at=TimestampNanos.now())
                        sender.flush()
                send(1, "p-1")
                send(2, "p-2")
                send(1, "p-3")
                """#, String(daemon.tcpPorts[0]))
            #expect(outcome.code == 0, "\(outcome.errors)")
            try ForestallProgram.wait(for: "the lines") { try signals("p-3").isEmpty == false }
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["connections"] == 3)
            #expect(ending.totals["lines"] == 200)
            for device in ["p-1", "p-3"] {
                let found = try signals(device)
                #expect(found["pump.v"] == 1.5)
                #expect(found["pump.n"] == 3)
            }
            #expect(try signals("p-2").isEmpty)
            #expect(ending.errors.contains("source=tcp:127.0.0.1"))
        }
    }
}
