package import Engine
package import Primitives
package import Store

/// Everything the daemon is told by its configuration files, as values.
///
/// A value made without arguments is what the program runs on when there is no file at all.
package struct DaemonConfiguration: Equatable, Sendable {
    /// Names this gateway in tickets; empty means the host name, which the caller looks up.
    package var gateway: String
    /// Where the database, checkpoints and outbox live; `nil` means the caller's default.
    package var stateDirectory: String?
    /// How safe a line is once it was taken in.
    package var journal = JournalSettings()
    /// Messages below this level are not logged.
    package var logLevel: LogLevel
    package var intake: IntakeSettings
    package var engine: EngineConfiguration
    package var retention: Retention
    /// Time between two checkpoints of what the daemon has learned.
    package var checkpointInterval: TimeSpan
    /// The database's write-ahead log is carried over when it is this long.
    package var logBytes: Int
    /// The files it was read from, in the order they were read; empty for the built-in defaults.
    package var sourceFiles: [String]

    package init(
        gateway: String = "", stateDirectory: String? = nil, logLevel: LogLevel = .info,
        intake: IntakeSettings = IntakeSettings(),
        engine: EngineConfiguration = EngineConfiguration(), retention: Retention = .standard,
        checkpointInterval: TimeSpan = .minutes(30),
        logBytes: Int = StateDatabase.logBytesStandard, sourceFiles: [String] = []
    ) {
        self.gateway = gateway
        self.stateDirectory = stateDirectory
        self.logLevel = logLevel
        self.intake = intake
        self.engine = engine
        self.retention = retention
        self.checkpointInterval = checkpointInterval
        self.logBytes = logBytes
        self.sourceFiles = sourceFiles
    }

    /// The configuration as the engine runs it: complete, with what other sections say about it.
    package var runningEngine: EngineConfiguration {
        var complete = engine.completed
        complete.limits.lineBytes = intake.maximumLineBytes
        complete.lineTerms = intake.lineTerms
        return complete
    }

    /// Tells whether steps were made under this configuration.
    package var version: String { ByteHash.hex(ByteHash.hash("\(engine)")) }

    /// The command line decides where "now" comes from, not the files: `run` and `replay` differ.
    package mutating func useEventClock(_ isEvent: Bool) {
        engine.clock.source = isEvent ? .event : .wall
    }

    /// `3 files, 2 classes, no problems`; the class `generic` is always there and not counted.
    package var summary: String {
        let classes = engine.classes.count - 1
        let files = sourceFiles.count
        return "\(files) \(files == 1 ? "file" : "files"), "
            + "\(classes) \(classes == 1 ? "class" : "classes"), no problems"
    }
}

/// Where telemetry comes in, and how much of it may wait or be one line.
package struct IntakeSettings: Equatable, Sendable {
    /// `host:port` of every UDP listener; port 0 lets the kernel choose, no entry means none.
    package var udp: [String]
    /// `host:port` of every TCP listener, likewise.
    package var tcp: [String]
    /// `host:port` of every HTTP listener, likewise.
    package var http: [String]
    /// Listeners with settings of their own, in the order they were written.
    package var listeners: [ListenerSettings]
    /// Asked of the kernel for every UDP socket, in bytes.
    package var receiveBufferBytes: Int
    /// Longer lines are refused and counted.
    package var maximumLineBytes: Int
    /// TCP connections open at once; newcomers beyond it are refused and counted.
    package var maximumConnections: Int
    /// Those of one sender.
    package var maximumConnectionsPerSource: Int
    /// A TCP connection on which nothing came for this long is closed; zero closes none.
    package var idleTimeout: TimeSpan
    /// Connections over HTTP and TLS open at once; likewise.
    package var maximumWebConnections: Int
    /// Longest body of a request as it is sent, and unpacked, in bytes.
    package var maximumBodyBytes: Int
    package var maximumInflatedBytes: Int
    /// Requests whose bodies are taken in at once.
    package var maximumRequests: Int
    /// From the head of a request to the end of its body.
    package var requestTimeout: TimeSpan
    /// Lines taken from one sender in a second where a listener says nothing else; 0 takes all.
    package var linesPerSecond: Int

    package init(
        udp: [String] = ["127.0.0.1:8094"], tcp: [String] = ["127.0.0.1:8094"],
        http: [String] = ["127.0.0.1:8095"], listeners: [ListenerSettings] = [],
        receiveBufferBytes: Int = 8 << 20, maximumLineBytes: Int = 65_536,
        maximumConnections: Int = 1_024,
        maximumConnectionsPerSource: Int = 256, idleTimeout: TimeSpan = .hours(1),
        linesPerSecond: Int = 0, maximumWebConnections: Int = 256,
        maximumBodyBytes: Int = 16 << 20, maximumInflatedBytes: Int = 64 << 20,
        maximumRequests: Int = 32, requestTimeout: TimeSpan = .minutes(1)
    ) {
        self.udp = udp
        self.tcp = tcp
        self.http = http
        self.listeners = listeners
        self.receiveBufferBytes = receiveBufferBytes
        self.maximumLineBytes = maximumLineBytes
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerSource = maximumConnectionsPerSource
        self.idleTimeout = idleTimeout
        self.linesPerSecond = linesPerSecond
        self.maximumWebConnections = maximumWebConnections
        self.maximumBodyBytes = maximumBodyBytes
        self.maximumInflatedBytes = maximumInflatedBytes
        self.maximumRequests = maximumRequests
        self.requestTimeout = requestTimeout
    }
}

/// What a crash may take of the lines that were taken in.
package enum Durability: String, CaseIterable, Sendable {
    /// Readings of windows that were open.
    case window
    /// Nothing that was answered.
    case journal
}

/// `[state]`: whether lines are written down as they come, and how.
package struct JournalSettings: Equatable, Sendable {
    package var durability = Durability.window
    /// From a line to the disk at most.
    package var interval = TimeSpan.milliseconds(200)
    /// Bytes of the journal at most.
    package var size = 256 << 20
}

/// The levels of swift-log, from most to least talkative.
package enum LogLevel: String, CaseIterable, Sendable {
    case trace
    case debug
    case info
    case notice
    case warning
    case error
    case critical
}
