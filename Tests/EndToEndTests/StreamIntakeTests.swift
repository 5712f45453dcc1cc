import Foundation
import Testing

extension EndToEndTests {
    /// Line protocol over TCP into the daemon, and what its listeners are told.
    @Suite struct StreamIntakeTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        /// A recording cut anywhere, mostly inside lines: the same tickets and the same windows as
        /// the file replayed.
        @Test func aRecordingCutAnywhereGivesTheSameTickets() throws {
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let lines = try SampleRecording.bearingWear.lines
            let bytes = Array(lines.joined(separator: "\n").utf8)
            var seed: UInt64 = 99
            var position = 0
            let sender = try StreamSender(port: daemon.tcpPorts[0])
            while position < bytes.count {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let length = Int(seed >> 33) % (seed >> 62 == 0 ? 100_000 : 900) + 1
                let end = min(bytes.count, position + length)
                try sender.send(bytes[position..<end])
                position = end
            }
            // The last line has no newline and the connection is open: this ends it.
            try sender.send("\n")
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["lines"] == lines.count)
            #expect(ending.totals["tcp_bytes"] == bytes.count + 1)
            #expect(ending.totals["connections"] == 1)
            let replay = try ForestallProgram.run(
                "replay", SampleRecording.bearingWear.path, "--config",
                SampleRecording.configuration, "--state", directory("replayed"), "--tickets",
                directory("tickets.jsonl"))
            #expect(replay.code == 0)
            #expect(
                try Spool.documents(in: directory, state: "state")
                    == splitLines(try directory.text("tickets.jsonl")).sorted())
            guard Database.isReadable else { return }
            let windows = """
                SELECT device.name, signal.name, start, count, mean, last FROM window
                JOIN signal ON signal.id = window.signal JOIN device ON device.id = signal.device
                ORDER BY device.name, signal.name, start
                """
            let streamed = try Database.rows(directory("state"), windows)
            #expect(streamed.count > 10_000)
            #expect(streamed == (try Database.rows(directory("replayed"), windows)))
        }

        /// Lines of QuestDB's second protocol between lines of text, cut at every byte: a binary
        /// double, one that holds the bytes of an opening quote, and an array, whose element type
        /// is a newline.
        @Test func binaryLinesAreRefusedAndHarmNoText() throws {
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let sender = try StreamSender(port: daemon.tcpPorts[0])
            let double: [UInt8] = [0x3D, 0x10, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F]
            let quote: [UInt8] = [0x3D, 0x10, 0x3D, 0x22, 0, 0, 0, 0, 0xF0, 0x3F]
            let array: [UInt8] = [0x3D, 0x0E, 0x0A, 1, 2, 0, 0, 0] + double.dropFirst(2)
            let text = Array("pump,host=p-1,size=5\" v=1,note=\"a\nb\" 1767571200000000000\n".utf8)
            var bytes = text
            for binary in [double, quote, array] {
                bytes += "pump,host=p-1 v=".utf8 + binary + " 1767571200000000000\n".utf8 + text
            }
            for byte in bytes { try sender.send([byte]) }
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            // The array's newline makes two of it.
            #expect(ending.totals["lines"] == 4)
            #expect(ending.totals["refused"] == 4)
        }

        @Test func linesBecomeWindowsWhileTheDaemonRuns() throws {
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), clock: "wall",
                configuration: "[class.generic]\nwindow = \"100ms\"\nlateness = \"0s\"\n")
            let sender = try StreamSender(port: daemon.tcpPorts[0])
            try sender.send("pump,host=p-1 v=1.5,t=\"a\nb\"\n")
            try ForestallProgram.wait(for: "a window") {
                try ForestallProgram.run(
                    "signals", "p-1", "--json", "--state", directory("state")
                ).output.contains("\"signal\":\"pump.v\",\"unit\":null,\"mean\":1.5")
            }
            #expect(try daemon.stop().code == 0)
            let status = try ForestallProgram.run("status", "--state", directory("state"))
            #expect(status.output.contains(/Bytes over TCP +28\n/))
            #expect(status.output.contains("0 open, 1 accepted, 0 refused, 0 closed for silence"))
        }

        /// Also while no window closes.
        @Test func statusCountsWhatHasComeSoFar() throws {
            let directory = try TemporaryDirectory()
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), clock: "wall",
                configuration: "[class.generic]\nwindow = \"1h\"\n")
            let sender = try StreamSender(port: daemon.tcpPorts[0])
            // The step that introduces the device tells of the first.
            try sender.send("pump,host=p-1 v=1\n")
            func accepted() throws -> Bool {
                try ForestallProgram.run("status", "--json", "--state", directory("state"))
                    .output.contains("\"lines_accepted\":2,")
            }
            try ForestallProgram.wait(for: "the first line") {
                try ForestallProgram.run("devices", "--state", directory("state"))
                    .output.contains("p-1")
            }
            try sender.send("pump,host=p-1 v=2\n")
            try ForestallProgram.wait(for: "the second line") { try accepted() }
            #expect(try daemon.stop().totals["lines"] == 2)
        }

        @Test(.enabled(if: Database.isReadable, "needs the sqlite3 command"))
        func refusalsOfTheListenerAreStoredWithTheirSender() throws {
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"),
                configuration: """
                    [intake]
                    maximum_line_bytes = 256
                    maximum_connections = 1
                    """)
            let sender = try StreamSender(port: daemon.tcpPorts[0])
            try sender.send("pump,host=p-1 v=1 1767571200000000000\n")
            try sender.send(String(repeating: "x", count: 100_000))
            try sender.send("\npump,host=p-1 v=2 1767571201000000000\n")
            try ForestallProgram.wait(for: "the overlong line") {
                try daemon.log.contains("reason=line_too_long")
            }
            let second = try StreamSender(port: daemon.tcpPorts[0])
            try ForestallProgram.wait(for: "the refusal") {
                try daemon.log.contains("reason=too_many_connections")
            }
            try sender.send("pump,host=p-1 v=")
            let ending = try daemon.stop()
            _ = second
            #expect(ending.totals["lines"] == 2)
            #expect(ending.totals["connections_refused"] == 1)
            #expect(ending.totals["cut"] == 1)
            let rows = try Database.rows(
                directory("state"), "SELECT source, reason, sample FROM refusal ORDER BY reason")
            #expect(
                rows == [
                    "tcp:127.0.0.1|connection_lost|pump,host=p-1 v=",
                    "tcp:127.0.0.1|line_too_long|" + String(repeating: "x", count: 120),
                    "tcp:127.0.0.1|too_many_connections|",
                ])
        }

        @Test func theIdleTimeoutIsHeeded() throws {
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"),
                configuration: "intake.idle_timeout = \"200ms\"\n")
            let sender = try StreamSender(port: daemon.tcpPorts[0])
            try ForestallProgram.wait(for: "the end of the connection") {
                sender.isClosedByListener
            }
            #expect(try daemon.stop().totals["idle_closed"] == 1)
        }

        /// The same stamp in milliseconds: taken where the listener says so, refused with advice
        /// where it says otherwise.
        @Test func eachListenerHasItsPrecision() throws {
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), clock: "wall",
                configuration: """
                    [listener.one]
                    transport = "tcp"
                    address = "127.0.0.1:0"
                    precision = "ms"
                    [listener.other]
                    transport = "tcp"
                    address = "127.0.0.1:0"
                    precision = "ns"
                    """)
            let now = Int64(Date().timeIntervalSince1970 * 1_000)
            // After the listener of the test's own configuration.
            for port in daemon.tcpPorts.dropFirst() {
                try StreamSender(port: port).send("pump,host=p-1 v=1 \(now)\n")
            }
            try ForestallProgram.wait(for: "the refusal") {
                try daemon.log.contains("reason=clock_skew")
            }
            let ending = try daemon.stop()
            #expect(ending.totals["lines"] == 1)
            #expect(ending.totals["refused"] == 1)
            #expect(
                ending.errors.contains(
                    "advice=the timestamp fits milliseconds: set precision = \"ms\" for the "
                        + "listener"))
            #expect(!ending.errors.contains("guess="))
        }

        /// Without a descriptor for them, connections wait in the kernel, those that are open go
        /// on, and in the end nothing is lost.
        @Test func connectionsWaitForDescriptors() throws {
            let daemon = try RunningDaemon(
                in: directory, state: directory("state"), clock: "wall",
                configuration: "intake.maximum_connections = 300\n", descriptors: 64)
            #expect(try daemon.log.contains("intake.maximum_connections cannot be reached"))
            var senders = [try StreamSender(port: daemon.tcpPorts[0])]
            try senders[0].send("pump,host=p-0 v=1\n")
            for number in 1..<120 {
                senders.append(try StreamSender(port: daemon.tcpPorts[0]))
                try senders[number].send("pump,host=p-\(number) v=1\n")
            }
            try ForestallProgram.wait(for: "the last descriptor") {
                try daemon.log.contains("cannot take a connection; others are not affected")
            }
            try senders[0].send("pump,host=p-0 v=2\n")
            // Whoever leaves makes room.
            while !senders.isEmpty {
                senders.removeFirst(min(senders.count, 20))
            }
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["lines"] == 121)
            #expect(ending.totals["connections"] == 120)
            #expect(ending.totals["connections_refused"] == 0)
        }

        @Test func anAddressInUseIsNamedWithItsKey() throws {
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let address = "127.0.0.1:\(daemon.tcpPorts[0])"
            let file = try directory.write(
                "intake.udp = []\nintake.tcp = []\nintake.http = []\n[listener.\"my own\"]\ntransport = \"tcp\"\n"
                    + "address = \"\(address)\"\n", to: "other.toml")
            let second = try ForestallProgram.run(
                "run", "--config", file, "--state", directory("other"))
            #expect(second.code == 69)
            #expect(
                second.errors.hasSuffix(
                    "cannot listen on tcp \(address): address already in use - another process has "
                        + "the port; stop it or set listener.\"my own\".address to another "
                        + "address\n"))
        }
    }
}
