import Foundation
import Testing

/// Clients of InfluxDB that write over HTTP.
extension EndToEndTests.OfficialClientTests {
    /// Python `influxdb`, for InfluxDB 1.x: it asks for a ping and a database before it writes.
    @Test(
        .enabled(if: OfficialClient.influxdb.python != nil, OfficialClient.advice),
        arguments: ["False", "True"])
    func influxdbOverHTTP(gzip: String) throws {
        let daemon = try start()
        let outcome = try OfficialClient.influxdb.run(
            #"""
            import sys
            from influxdb import InfluxDBClient
            from influxdb.exceptions import InfluxDBClientError
            client = InfluxDBClient(
                host="127.0.0.1", port=int(sys.argv[1]), database="load", gzip=sys.argv[2] == "True")
            print(client.ping())
            client.create_database("load")
            points = [
                {"measurement": "pump", "tags": {"host": f"p {n}"}, "fields": {"v": n + 0.5}}
                for n in range(10)]
            assert client.write_points(points, batch_size=4)
            client.write(["pump,host=q v=1.5"], {"db": "load"}, protocol="line")
            try:
                client.write(["pump,host=q v=1", "pump,host=q v=x"], {"db": "load"}, protocol="line")
            except InfluxDBClientError as error:
                print(error.code, "line 2, column 15" in str(error))
            """#, String(daemon.httpPorts[0]), gzip)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.lines == ["0.1.0", "400 True"])
        try ForestallProgram.wait(for: "the lines") { try signals("p 9")["pump.v"] == 9.5 }
        let ending = try daemon.stop()
        #expect(ending.totals["lines"] == 12)
        #expect(ending.totals["refused"] == 1)
    }

    /// `influxdb-client`, for InfluxDB 2.x, one request a call.
    @Test(
        .enabled(if: OfficialClient.influxdbClient.python != nil, OfficialClient.advice),
        arguments: ["False", "True"])
    func influxdbClientInCalls(gzip: String) throws {
        let daemon = try start()
        let outcome = try OfficialClient.influxdbClient.run(
            #"""
            import sys
            from influxdb_client import InfluxDBClient, Point, WritePrecision
            from influxdb_client.client.write_api import SYNCHRONOUS
            from influxdb_client.rest import ApiException
            import time
            with InfluxDBClient(
                url=f"http://127.0.0.1:{sys.argv[1]}", token="any", org="o",
                enable_gzip=sys.argv[2] == "True") as client:
                print(client.ping(), client.health().status)
                api = client.write_api(write_options=SYNCHRONOUS)
                now = int(time.time() * 1000)
                for n in range(5):
                    point = Point("pump").tag("host", "p-1").field("v", n).field("s", "a\nb")
                    api.write("b", record=point.time(now + n, WritePrecision.MS))
                try:
                    api.write("b", record="pump,host=p-1 v=1\npump,host=p-1 v=x")
                except ApiException as error:
                    print(error.status, '"line":2' in error.body)
            """#, String(daemon.httpPorts[0]), gzip)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.lines == ["True pass", "400 True"])
        try ForestallProgram.wait(for: "the lines") { try signals("p-1")["pump.v"] != nil }
        let ending = try daemon.stop()
        #expect(ending.totals["lines"] == 6)
        #expect(ending.totals["refused"] == 1)
        #expect(!ending.errors.contains("not nanoseconds"))
    }

    /// The same with its default, batches in the background.
    @Test(.enabled(if: OfficialClient.influxdbClient.python != nil, OfficialClient.advice))
    func influxdbClientInBatches() throws {
        let daemon = try start()
        let outcome = try OfficialClient.influxdbClient.run(
            #"""
            import sys
            from influxdb_client import InfluxDBClient
            with InfluxDBClient(
                url=f"http://127.0.0.1:{sys.argv[1]}", token="any", org="o", enable_gzip=True
            ) as client:
                with client.write_api() as api:
                    for n in range(5000):
                        api.write("b", record=f"pump,host=p-{n % 7} v={n}")
            """#, String(daemon.httpPorts[0]))
        #expect(outcome.code == 0, "\(outcome.errors)")
        let ending = try daemon.stop()
        #expect(ending.totals["lines"] == 5_000)
        #expect(ending.totals["refused"] == 0)
    }
}
