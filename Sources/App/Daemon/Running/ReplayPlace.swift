import Intake

/// How a checkpoint of a replay names the place in its input: `IDENTITY:FILE:OFFSET`, or
/// `IDENTITY:end` when the whole input has been folded.
struct ReplayPlace: Equatable {
    var identity: String
    /// `nil` at the end.
    var position: InputPosition?

    init(identity: String, position: InputPosition?) {
        self.identity = identity
        self.position = position
    }

    init?(_ text: String) {
        let parts = text.split(separator: ":")
        guard let identity = parts.first else { return nil }
        self.identity = String(identity)
        switch parts.count {
        case 2 where parts[1] == "end": position = nil
        case 3:
            guard let file = Int(parts[1]), let offset = UInt64(parts[2]), file >= 0 else {
                return nil
            }
            position = InputPosition(file: file, offset: offset)
        default: return nil
        }
    }

    var text: String {
        guard let position else { return identity + ":end" }
        return "\(identity):\(position.file):\(position.offset)"
    }
}
