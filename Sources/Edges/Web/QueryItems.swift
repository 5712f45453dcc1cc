/// The `key=value` pairs behind the question mark of a request, or in the body of a form, decoded.
struct QueryItems: Sendable {
    private let items: [(key: String, value: String)]

    init(_ text: String) {
        items = text.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decode(parts[0]), parts.count > 1 ? Self.decode(parts[1]) : "")
        }
    }

    /// The first value of a key.
    subscript(key: String) -> String? { items.first { $0.key == key }?.value }

    /// `+` is a space and `%41` is `A`; what is no such sequence stands for itself.
    private static func decode(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                bytes.append(0x20)
            } else if byte == UInt8(ascii: "%"),
                let code = UInt8(String(Substring(rest.prefix(2))), radix: 16),
                rest.prefix(2).count == 2
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
