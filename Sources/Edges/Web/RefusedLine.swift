internal import LineProtocol

/// A line that an answer names.
struct RefusedLine: Equatable, Sendable {
    /// Of the body: 1 is the first line.
    var line: Int
    /// 1 is the line's first byte.
    var column: Int
    /// Stable word.
    var reason: String
    /// A sentence.
    var message: String

    init(line: Int, column: Int, _ rejection: LineRejection) {
        self.line = line
        self.column = column
        reason = rejection.name
        message = rejection.message
    }
}
