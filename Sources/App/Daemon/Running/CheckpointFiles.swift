import Engine
import Platform
import Synchronization

/// The two alternating files a checkpoint lives in, `STATE/checkpoint.a` and `.b`: while one is
/// being replaced the other is whole.
///
/// A checkpoint of a large gateway has hundreds of megabytes: a file is read only where that is
/// needed, and one at a time.
final class CheckpointFiles: Sendable {
    /// A larger file is not one of ours.
    static let bytesMost = 4 << 30

    private let paths: [String]
    /// The file with the newest whole checkpoint, once this process has read or written it.
    private let newestPath = Mutex<String?>(nil)

    init(directory: String) {
        paths = [directory + "/checkpoint.a", directory + "/checkpoint.b"]
    }

    /// The newest whole checkpoint. Files that are in its way and cannot be used are named in
    /// `unreadable`; an older one than the newest is not looked into.
    func newest() -> (bytes: [UInt8]?, header: EngineCheckpoint.Header?, unreadable: [String]) {
        var unreadable: [String] = []
        for path in candidates(&unreadable) {
            guard let bytes = read(path) else { continue }
            if let header = EngineCheckpoint.header(of: bytes) {
                newestPath.withLock { $0 = path }
                return (bytes, header, unreadable)
            }
            unreadable.append(path)
        }
        return (nil, nil, unreadable)
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

    /// Replaces the file that is not the newest whole one.
    func write(_ bytes: [UInt8]) throws(SystemFailure) {
        let known = newestPath.withLock { $0 }
        if known == nil { _ = newest() }
        let target = newestPath.withLock { $0 } == paths[0] ? paths[1] : paths[0]
        try DurableFile.replace(bytes.span, path: target)
        newestPath.withLock { $0 = target }
    }

    /// The files that say that they are checkpoints, by the step they claim to contain, the latest
    /// first; of equal ones that in `.b`.
    private func candidates(_ unreadable: inout [String]) -> [String] {
        var claimed: [(sequence: Int, path: String)] = []
        for path in paths {
            guard let head = read(path, upTo: EngineCheckpoint.claimBytes) else { continue }
            if let sequence = EngineCheckpoint.claimedSequence(of: head) {
                claimed.append((sequence, path))
            } else {
                unreadable.append(path)
            }
        }
        return claimed.sorted { $0 > $1 }.map(\.path)
    }

    /// `nil` when there is no such file.
    private func read(_ path: String, upTo most: Int = .max) -> [UInt8]? {
        guard let file = try? InputFile(path: path), let size = file.size,
            size <= UInt64(Self.bytesMost)
        else { return nil }
        return file.head(min(Int(size), most))
    }
}
