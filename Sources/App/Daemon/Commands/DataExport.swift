package import Store

/// `forestall export`: what the database holds, as rows for other programs.
package enum DataExport {
    /// Writes to `file`, or hands the text to `write` when there is none. Says what was written, if
    /// to a file.
    package static func run(
        _ export: StateExport, stateDirectory: String, to file: String?,
        write: ([UInt8]) -> Void
    ) throws(CommandFailure) -> String? {
        do {
            let model = try ReadModel(StateDirectory(reading: stateDirectory))
            guard let file else {
                _ = try export.rows(of: model, write: write)
                return nil
            }
            let rows = try export.run(model, to: file)
            return "\(file): \(rows) \(rows == 1 ? "row" : "rows")"
        } catch {
            throw CommandFailure(because: error)
        }
    }
}
