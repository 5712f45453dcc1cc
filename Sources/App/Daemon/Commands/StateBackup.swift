import Foundation
import Platform
import Store

/// `forestall backup`: a copy of the database, also while the daemon writes.
package enum StateBackup {
    /// Writes `file`: beside it first, then renamed, so that nobody finds half a copy. A file that
    /// is there is only replaced when that was asked for.
    package static func run(
        stateDirectory: String, to file: String, replaces: Bool
    ) throws(CommandFailure) -> String {
        if !replaces, (try? InputFile(path: file)) != nil {
            throw CommandFailure(
                "cannot write \(file): it is there already - give another name or --force",
                .inputOutput)
        }
        let temporary = file + ".tmp"
        do {
            let database = try StateDatabase(reading: StateDirectory(reading: stateDirectory))
            try? FileManager.default.removeItem(atPath: temporary)
            do {
                try database.copy(to: temporary)
                try database.close()
                try DurableFile.publish(temporary, as: file)
            } catch {
                try? FileManager.default.removeItem(atPath: temporary)
                throw error
            }
            let size = (try? InputFile(path: file))?.size ?? 0
            return "\(file): \(size) bytes, checked"
        } catch {
            throw CommandFailure(because: error)
        }
    }
}
