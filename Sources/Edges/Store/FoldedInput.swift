/// How far a recording had been folded when a step was sealed, so that a replay can go on there.
package struct FoldedInput: Hashable, Sendable {
    /// As given on the command line.
    package var name: String
    /// Bytes; `nil` for a pipe.
    package var size: Int64?
    /// Of the recording's beginning.
    package var hash: String
    /// Bytes folded.
    package var offset: Int64

    package init(name: String, size: Int64?, hash: String, offset: Int64) {
        self.name = name
        self.size = size
        self.hash = hash
        self.offset = offset
    }
}
