/// The targets of `Package.swift` whose sources lie in `Sources`, read from its text.
struct Manifest {
    struct Target: Equatable {
        var name: String
        /// From the repository root.
        var path: String
        /// Names of targets and of products of other packages.
        var dependencies: Set<String>
    }

    let targets: [Target]

    init(_ source: SourceText) {
        let text = Array(source.text.utf8)
        let code = source.code
        let products = Manifest.products(source)
        var targets: [Target] = []
        for kind in [".target(", ".executableTarget(", ".systemLibrary("] {
            for start in Manifest.places(of: Array(kind.utf8), in: code) {
                let open = start + kind.utf8.count - 1
                let call = open + 1..<Manifest.end(of: open, in: code)
                guard let name = Manifest.literal(after: "name:", in: call, text, code),
                    let path = Manifest.literal(after: "path:", in: call, text, code),
                    path.hasPrefix("Sources/")
                else { continue }
                let list = Manifest.list(after: "dependencies:", in: call, text, code)
                targets.append(
                    Target(
                        name: name, path: path,
                        dependencies: Set(list.map { products[$0] ?? $0 })))
            }
        }
        self.targets = targets
    }

    /// `let grdb = Target.Dependency.product(name: "GRDB", ...)` as `grdb: GRDB`.
    private static func products(_ source: SourceText) -> [String: String] {
        var products: [String: String] = [:]
        let text = Array(source.text.utf8)
        for start in places(of: Array("Dependency.product(".utf8), in: source.code) {
            let open = start + "Dependency.product".utf8.count
            let call = open + 1..<end(of: open, in: source.code)
            let before = String(decoding: source.code[..<start], as: UTF8.self)
            let words = before.split { " \n=.".contains($0) }
            guard let name = literal(after: "name:", in: call, text, source.code),
                let variable = words.dropLast().last
            else { continue }
            products[String(variable)] = name
        }
        return products
    }

    static func places(of wanted: [UInt8], in code: [UInt8]) -> [Int] {
        guard code.count >= wanted.count else { return [] }
        return (0...code.count - wanted.count).filter { start in
            code[start] == wanted[0]
                && code[start..<start + wanted.count].elementsEqual(wanted)
        }
    }

    /// The offset of the bracket that closes the one at `open`.
    private static func end(of open: Int, in code: [UInt8]) -> Int {
        var depth = 0
        for index in open..<code.count {
            switch code[index] {
            case 0x28, 0x5B, 0x7B: depth += 1
            case 0x29, 0x5D, 0x7D:
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        return code.count
    }

    private static func literal(
        after label: String, in range: Range<Int>, _ text: [UInt8], _ code: [UInt8]
    ) -> String? {
        let part = Array(code[range])
        guard let place = places(of: Array(label.utf8), in: part).first else { return nil }
        return firstLiteral(Array(text[(range.lowerBound + place)..<range.upperBound]))
    }

    private static func firstLiteral(_ text: [UInt8]) -> String? {
        guard let open = text.firstIndex(of: 0x22),
            let close = text[(open + 1)...].firstIndex(of: 0x22)
        else { return nil }
        return String(decoding: text[open + 1..<close], as: UTF8.self)
    }

    /// The elements of the array after a label: literals as they are, `.product(name: "X", ...)` as
    /// X, anything else as it is written.
    private static func list(
        after label: String, in range: Range<Int>, _ text: [UInt8], _ code: [UInt8]
    ) -> [String] {
        let part = Array(code[range])
        guard let place = places(of: Array(label.utf8), in: part).first,
            let open = code[(range.lowerBound + place)...].firstIndex(of: 0x5B)
        else { return [] }
        let close = end(of: open, in: code)
        var items: [String] = []
        var start = open + 1
        var depth = 0
        for index in open + 1...close {
            if code[index] == 0x28 { depth += 1 }
            if code[index] == 0x29 { depth -= 1 }
            guard index == close || (code[index] == 0x2C && depth == 0) else { continue }
            let item = Array(text[start..<index])
            start = index + 1
            let written = String(decoding: item, as: UTF8.self).filter { !$0.isWhitespace }
            guard !written.isEmpty else { continue }
            items.append(firstLiteral(item) ?? written)
        }
        return items
    }
}
