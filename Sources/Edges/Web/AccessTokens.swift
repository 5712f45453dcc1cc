internal import Platform

/// The tokens of a listener, one of which a request must carry.
///
/// They stand in a file, one a line; blank lines and lines that begin with `#` say nothing.
package struct AccessTokens: Sendable, Equatable {
    /// Why a file of tokens cannot be used, as a sentence.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package static let bytesMax = 64 << 10
    private let tokens: [[UInt8]]

    /// Reads a file. One without any token is a mistake: it would refuse or let in everybody.
    package init(file path: String) throws(Failure) {
        var text: [UInt8] = []
        do throws(SystemFailure) {
            let file = try InputFile(path: path)
            var slab = ByteSlab(capacity: Self.bytesMax + 1)
            while text.count <= Self.bytesMax {
                let count = try file.read(into: &slab, 0..<slab.capacity)
                if count == 0 { break }
                slab.withBytes(0..<count) { bytes in
                    for index in 0..<count { text.append(bytes[index]) }
                }
            }
        } catch {
            throw Failure(description: "\(error)")
        }
        guard text.count <= Self.bytesMax else {
            throw Failure(
                description: "cannot use \(path): it has more than \(Self.bytesMax) bytes")
        }
        tokens = Self.tokens(in: text)
        guard !tokens.isEmpty else {
            throw Failure(
                description: "cannot use \(path): there is no token in it - write one a line")
        }
    }

    init(_ tokens: [String]) { self.tokens = tokens.map { Array($0.utf8) } }

    private static func tokens(in text: [UInt8]) -> [[UInt8]] {
        text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            var line = line
            let blanks: Set<UInt8> = [0x20, 0x09, 0x0D]
            while let first = line.first, blanks.contains(first) { line.removeFirst() }
            while let last = line.last, blanks.contains(last) { line.removeLast() }
            return line.isEmpty || line.first == UInt8(ascii: "#") ? nil : Array(line)
        }
    }

    /// Whether a token is one of them. How long that takes depends on the lengths alone, never on
    /// how much of a token is right.
    package func accept(_ given: String) -> Bool {
        let given = Array(given.utf8)
        var isAccepted: UInt8 = 0
        for token in tokens {
            var difference: UInt8 = given.count == token.count ? 0 : 1
            for index in token.indices {
                difference |= token[index] ^ (index < given.count ? given[index] : 0)
            }
            isAccepted |= difference == 0 ? 1 : 0
        }
        return isAccepted != 0
    }
}
