import Daemon
import Logging

/// The program's own log: standard error, where systemd picks it up.
enum LogOutput {
    static func logger(_ level: LogLevel) -> Logger {
        var logger = Logger(label: "forestall") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: level.rawValue) ?? .info
        return logger
    }
}
