import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Sockets the program is started with, as systemd passes them.
    @Suite struct PassedSocketTests {
        let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        static let python = ["/usr/bin/python3", "/usr/local/bin/python3"]
            .first { FileManager.default.isExecutableFile(atPath: $0) }

        /// Opens the sockets its first argument describes, passes them from descriptor 3 on, and
        /// becomes the program. A socket is `NAME=KIND=ADDRESS`; names and addresses are its own.
        private static let passer = """
            import os, socket, sys
            kinds = {
                "udp": (socket.AF_INET, socket.SOCK_DGRAM), "tcp": (socket.AF_INET, socket.SOCK_STREAM),
                "unixgram": (socket.AF_UNIX, socket.SOCK_DGRAM),
                "unix": (socket.AF_UNIX, socket.SOCK_STREAM),
                "tcp-connection": (socket.AF_INET, socket.SOCK_STREAM),
                "raw": (socket.AF_UNIX, socket.SOCK_SEQPACKET),
            }
            names, opened = [], []
            for text in sys.argv[1].split(","):
                name, kind, address = text.split("=")
                one = socket.socket(*kinds[kind])
                if address.startswith("/"):
                    one.bind(address)
                elif address:
                    host, port = address.rsplit(":", 1)
                    one.bind((host, int(port)))
                if kind in ("tcp", "unix"):
                    one.listen()
                names.append(name)
                opened.append(os.dup2(one.fileno(), 100 + len(opened)))
            for place, descriptor in enumerate(opened):
                os.dup2(descriptor, 3 + place, inheritable=True)
            process = os.getpid() if sys.argv[2] == "mine" else 1
            os.environ.update(
                LISTEN_PID=str(process), LISTEN_FDS=str(len(opened)), LISTEN_FDNAMES=":".join(names))
            os.execv(sys.argv[3], sys.argv[3:])
            """

        /// Runs the program with sockets passed to it until it is ready or has ended.
        private func start(
            _ sockets: String, _ configuration: String, for whom: String = "mine"
        ) throws -> (process: Process, errors: () throws -> [String]) {
            let file = try directory.write(
                configuration + "\n" + ListenerTests.quickWindows, to: "c.toml")
            let process = try ForestallProgram.start(
                try #require(Self.python),
                [
                    "-c", Self.passer, sockets, whom, try ForestallProgram.path(), "run",
                    "--config",
                    file, "--state", directory("state"),
                ], input: "/dev/null", output: directory("out"), errors: directory("errors"))
            let directory = directory
            let errors = { try directory.lines("errors") }
            try ForestallProgram.wait(for: "the start") {
                try errors().contains("ready") || !process.isRunning
            }
            return (process, errors)
        }

        private func stop(_ process: Process) throws -> String {
            process.terminate()
            #expect(try ForestallProgram.finish(process, what: "the daemon") == 0)
            return try directory.lines("errors").last ?? ""
        }

        /// A port nobody has at this moment.
        private func freePort() throws -> UInt16 {
            let daemon = try RunningDaemon(in: directory, state: directory("other"))
            defer { _ = try? daemon.stop() }
            return daemon.tcpPorts[0]
        }

        private static let none = "intake.udp = []\nintake.tcp = []\nintake.http = []\n"

        @Test(.enabled(if: python != nil, "needs python3"))
        func allKindsAreListenedOn() throws {
            let (datagrams, streams) = (directory("d.sock"), directory("s.sock"))
            let (process, errors) = try start(
                "a=udp=127.0.0.1:0,b=tcp=127.0.0.1:0,c=unixgram=\(datagrams),d=unix=\(streams)",
                Self.none)
            let lines = try errors().filter { $0.hasPrefix("listening ") }
            #expect(lines.count == 4, "\(lines)")
            func port(_ kind: String) -> UInt16 {
                let prefix = "listening transport=\(kind) address=127.0.0.1:"
                return lines.first { $0.hasPrefix(prefix) }
                    .flatMap { UInt16($0.dropFirst(prefix.count)) } ?? 0
            }
            #expect(lines.contains("listening transport=unixgram address=\(datagrams)"))
            #expect(lines.contains("listening transport=unix address=\(streams)"))
            try LoopbackPeer(udp: port("udp")).send("pump,host=a v=1\n")
            try LoopbackPeer(tcp: port("tcp")).send("pump,host=b v=1\n")
            try LoopbackPeer(unixgram: datagrams).send("pump,host=c v=1\n")
            try LoopbackPeer(unix: streams).send("pump,host=d v=1\n")
            #expect(try stop(process).contains(" lines=4 "))
            // They belong to whoever passed them.
            #expect(directory.has("d.sock") && directory.has("s.sock"))
        }

        /// By address: the configured listener uses the passed socket instead of a second one,
        /// which could not be had, and its settings hold. By name: whatever its address is.
        @Test(.enabled(if: python != nil, "needs python3"))
        func theyAreMatchedByNameAndByAddress() throws {
            let port = try freePort()
            let (process, errors) = try start(
                "forestall.socket=tcp=127.0.0.1:\(port),named=udp=127.0.0.1:0",
                Self.none + """
                    [listener.addressed]
                    transport = "tcp"
                    address = "127.0.0.1:\(port)"
                    default_identity = "by-address"
                    [listener.named]
                    transport = "udp"
                    address = "127.0.0.1:9"
                    default_identity = "by-name"
                    """)
            let lines = try errors().filter { $0.hasPrefix("listening ") }
            #expect(lines.count == 2, "\(lines)")
            #expect(lines.contains("listening transport=tcp address=127.0.0.1:\(port)"))
            let prefix = "listening transport=udp address=127.0.0.1:"
            let udp = lines.first { $0.hasPrefix(prefix) }
                .flatMap { UInt16($0.dropFirst(prefix.count)) }
            #expect(udp != 9)
            try LoopbackPeer(tcp: port).send("pump v=1\n")
            try LoopbackPeer(udp: try #require(udp)).send("pump v=1\n")
            #expect(try stop(process).contains(" lines=2 "))
            let devices = try ForestallProgram.run("devices", "--state", directory("state")).output
            #expect(devices.contains("by-address") && devices.contains("by-name"))
        }

        @Test(.enabled(if: python != nil, "needs python3"))
        func socketsForAnotherProcessAreLeftAlone() throws {
            let (process, errors) = try start(
                "a=udp=127.0.0.1:0",
                "intake.udp = [\"127.0.0.1:0\"]\nintake.tcp = []\nintake.http = []\n",
                for: "somebody else")
            #expect(try errors().count { $0.hasPrefix("listening ") } == 1)
            _ = try stop(process)
        }

        @Test(
            .enabled(if: python != nil, "needs python3"),
            arguments: [
                (
                    "a=raw=", "",
                    "cannot listen on passed socket a (descriptor 3): lines come over UDP, TCP and "
                        + "Unix sockets only - use ListenDatagram= or ListenStream= in the socket unit"
                ),
                (
                    "a=tcp-connection=127.0.0.1:0", "",
                    "cannot listen on passed socket a (descriptor 3): it is a connection, not a "
                        + "listener - set Accept=no in the socket unit"
                ),
                (
                    "a=udp=127.0.0.1:0",
                    "[listener.a]\ntransport = \"tcp\"\naddress = \"127.0.0.1:0\"\n",
                    "cannot listen on passed socket a: it is udp, and listener.a.address is tcp - give "
                        + "the socket another FileDescriptorName or the listener another transport"
                ),
            ])
        func socketsThatCannotBeUsed(sockets: String, listener: String, sentence: String) throws {
            let (process, errors) = try start(sockets, Self.none + listener)
            #expect(try ForestallProgram.finish(process, what: "the daemon") == 69)
            let said = try errors()
            #expect(said.last?.hasSuffix(sentence) == true, "\(said)")
        }
    }
}
