import Engine
import Platform

/// The two alternating files a checkpoint lives in, `STATE/checkpoint.a` and `.b`: while one is
/// being replaced the other is whole.
struct CheckpointFiles: Sendable {
    /// A larger file is not one of ours.
    static let bytesMost = 4 << 30

    private let paths: [String]

    init(directory: String) {
        paths = [directory + "/checkpoint.a", directory + "/checkpoint.b"]
    }

    /// The newest whole checkpoint. Files that are there but unusable are named in `unreadable`.
    func newest() -> (bytes: [UInt8]?, header: EngineCheckpoint.Header?, unreadable: [String]) {
        var best: [UInt8]?
        var header: EngineCheckpoint.Header?
        var unreadable: [String] = []
        for path in paths {
            guard let bytes = read(path) else { continue }
            guard let found = EngineCheckpoint.header(of: bytes) else {
                unreadable.append(path)
                continue
            }
            if found.sequence >= header?.sequence ?? Int.min {
                best = bytes
                header = found
            }
        }
        return (best, header, unreadable)
    }

    /// What each file that is there says about itself; `nil` for one that cannot be used.
    func headers() -> [(path: String, header: EngineCheckpoint.Header?)] {
        paths.compactMap { path in
            read(path).map { (path, EngineCheckpoint.header(of: $0)) }
        }
    }

    /// Numbers in the journal that the files name as contained in their state, those that do.
    var journalNumbers: [UInt64?] {
        headers().compactMap(\.header).map { JournalPlace.number($0.input) }
    }

    /// Replaces the older of the two files.
    func write(_ bytes: [UInt8]) throws(SystemFailure) {
        let sequences = paths.map { path in
            read(path).flatMap { EngineCheckpoint.header(of: $0)?.sequence } ?? Int.min
        }
        let target = sequences[0] <= sequences[1] ? paths[0] : paths[1]
        try DurableFile.replace(bytes.span, path: target)
    }

    private func read(_ path: String) -> [UInt8]? {
        guard let file = try? InputFile(path: path), let size = file.size,
            size <= UInt64(Self.bytesMost)
        else { return nil }
        return file.head(Int(size))
    }
}
