import Intake

/// How a checkpoint of a daemon names the place in the journal up to which its state contains the
/// lines: `journal:NUMBER`.
enum JournalPlace {
    private static let word = "journal:"

    /// Empty where no line was ever journalled.
    static func text(_ position: InputPosition?) -> String {
        position.map { word + String($0.offset) } ?? ""
    }

    /// Number of the last record; nil for a checkpoint of a replay or without a journal.
    static func number(_ text: String) -> UInt64? {
        guard text.hasPrefix(word) else { return nil }
        return UInt64(text.dropFirst(word.count))
    }
}
