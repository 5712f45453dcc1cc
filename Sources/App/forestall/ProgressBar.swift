import Foundation
import Synchronization

/// One line on standard error that shows how far a replay has come; nothing when that is no
/// terminal.
final class ProgressBar: Sendable {
    private static let width = 40
    private let isTerminal = isatty(2) == 1
    private let shown = Mutex(false)

    /// `fraction` in [0, 1]; `nil` while the length is not known.
    func show(_ fraction: Double?) {
        guard isTerminal, let fraction else { return }
        shown.withLock { $0 = true }
        let filled = Int((fraction * Double(Self.width)).rounded(.down))
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: ".", count: Self.width - filled)
        write("\r[\(bar)] \(Int(fraction * 100)) %")
    }

    /// Takes the line away again.
    func clear() {
        guard shown.withLock({ $0 }) else { return }
        write("\r" + String(repeating: " ", count: Self.width + 10) + "\r")
    }

    private func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
