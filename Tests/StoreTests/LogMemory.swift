import Logging
import Synchronization

/// Keeps the messages of a logger, without their metadata.
final class LogMemory: Sendable {
    private let kept = Mutex<[String]>([])

    var messages: [String] { kept.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(memory: self) } }

    private struct Handler: LogHandler {
        let memory: LogMemory
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { memory.kept.withLock { $0.append("\(event.message)") } }
    }
}
