import Engine
import Intake
import Logging
import Platform
import Primitives
import Store

/// A state directory opened for writing: locked, checked, ready for steps.
final class OpenState: Sendable {
    let directory: StateDirectory
    let database: StateDatabase
    let writer: StepWriter
    let checkpoints: CheckpointFiles
    let restoration: StateRestoration
    let delivery: OutboxDelivery
    let journal: JournalState
    private let lock: FileLock
    private let configurationVersion: String

    /// With `replacesDamaged` a damaged database does not stop the start: it is set aside.
    init(
        at path: String, configuration: DaemonConfiguration, replacesDamaged: Bool = false,
        logger: Logger
    ) throws(CommandFailure) {
        do {
            directory = try StateDirectory(creating: path)
            do {
                lock = try FileLock(path: directory.lockPath)
            } catch {
                throw CommandFailure(error.description, .unavailable)
            }
            checkpoints = CheckpointFiles(directory: directory.path)
            let gateway =
                configuration.gateway.isEmpty ? HostName.current : configuration.gateway
            database = try Self.database(
                in: directory, checkpoints, logBytes: configuration.logBytes,
                replacingFor: replacesDamaged ? gateway : nil, logger)
            restoration = StateRestoration(
                files: checkpoints, database: database, logger: logger)
            configurationVersion = configuration.version
            writer = try StepWriter(
                database, configuration: configuration.runningEngine,
                configurationVersion: configurationVersion,
                gateway: gateway, retention: configuration.retention, logger: logger)
            delivery = OutboxDelivery(database, logger: logger)
            journal = JournalState(
                JournalFiles(directory: directory.journalPath),
                isWritten: configuration.journal.durability == .journal)
        } catch {
            throw CommandFailure(because: error)
        }
    }

    /// A damaged database is set aside where a gateway is given.
    private static func database(
        in directory: StateDirectory, _ checkpoints: CheckpointFiles, logBytes: Int,
        replacingFor gateway: String?, _ logger: Logger
    ) throws(StoreFailure) -> StateDatabase {
        try DatabaseReplacement.finish(in: directory)
        do throws(StoreFailure) {
            let database = try StateDatabase(opening: directory, logBytes: logBytes)
            try database.probe()
            return database
        } catch {
            guard error.isDamage, let gateway, directory.holdsState else { throw error }
            let outcome = try DatabaseReplacement(directory, gateway: gateway).run(
                at: WallClock.now(), after: checkpoints.newest().header?.sequence ?? 0)
            DatabaseRepair.log(outcome, because: error, logger)
            return try StateDatabase(opening: directory, logBytes: logBytes)
        }
    }

    /// `true` when the last step was made under the same configuration, so that what was learned
    /// fits.
    func matchesConfiguration() throws(StoreFailure) -> Bool {
        try StepHistory(database).lastConfiguration() == configurationVersion
    }

    /// Removes what both checkpoints contain, so that one of them may be unreadable.
    private func releaseJournal() throws(SystemFailure) {
        let numbers = checkpoints.journalNumbers
        guard let least = numbers.compactMap(\.self).min(), !numbers.contains(nil) else { return }
        // A journal that is not written any more does not grow: all of it may go.
        let last = journal.isWritten ? nil : try journal.files.lastNumber()
        let removed = try journal.files.remove(through: least, last: last)
        journal.update { $0.bytes -= removed }
    }

    /// Writes what is no step: introductions and checkpoints.
    func take(_ work: StoreWork, writer: inout StepWriter, logger: Logger) {
        switch work {
        case .step, .heartbeat:
            preconditionFailure("BUG: steps and heartbeats are dealt with elsewhere")
        case .introduction(let devices, let signals):
            writer.introduce(devices: devices, signals: signals)
        case .checkpoint(let bytes):
            do {
                try checkpoints.write(bytes)
                try releaseJournal()
            } catch {
                // It only makes the next start slower.
                logger.warning("Cannot write a checkpoint", metadata: ["error": "\(error)"])
            }
        }
    }
}
