import Testing

@Suite("Code: banned tokens, sizes, unsafe code, names")
struct CodeTests {
    /// Why each is there stands in its protection argument.
    private static let unsafeFiles: Set<String> = [
        "Sources/Core/Primitives/ByteHash.swift",
        "Sources/Core/Primitives/StateCodec.swift",
        "Sources/Core/LineProtocol/ByteWindow.swift",
        "Sources/Core/LineProtocol/Slots.swift",
        "Sources/Edges/Intake/GzipInflater.swift",
        "Sources/Edges/Intake/GzipWriter.swift",
        "Sources/Edges/Store/DoubleText.swift",
        "Sources/Edges/Store/ResultFile.swift",
        "Sources/Edges/Store/StateDirectory.swift",
        "Sources/Edges/Store/StateFiles.swift",
        "Sources/Edges/Store/RowStatement.swift",
        "Sources/Edges/Web/LoopExecutor.swift",
        "Sources/Edges/Web/PeerAddress.swift",
    ]

    /// All of Platform may touch the system; this is the room for it.
    private static let allowedUnsafe = unsafeFiles.union(
        Repository.production.filter {
            $0.path.hasPrefix("Sources/Edges/Platform/") && !$0.lines(with: "unsafe").isEmpty
        }.map(\.path))

    private static let uncheckedFiles: Set<String> = [
        "Sources/Edges/Platform/BoundedQueue.swift",
        "Sources/Edges/Platform/ByteSlab.swift",
        "Sources/Edges/Platform/PinnedValue.swift",
    ]

    private static let written = Repository.production + Repository.tests + [Repository.manifest]

    private func check(_ findings: [String]) {
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    @Test func sourcesAreFound() {
        #expect(Repository.production.count > 100 && Repository.tests.count > 20)
    }

    @Test func bannedTokens() { check(CodeRules.bannedTokens(Repository.production)) }

    @Test func lineLength() { check(CodeRules.longLines(Self.written)) }

    @Test func functionLength() { check(CodeRules.longFunctions(Self.written)) }

    @Test func fileLength() {
        check(CodeRules.longFiles(Self.written, over: CodeRules.fileLines))
        for note in CodeRules.longFiles(Self.written, over: CodeRules.fileLinesPrompt) {
            print("note: \(note), time to split it")
        }
    }

    @Test func uncheckedSendable() {
        check(CodeRules.uncheckedSendable(Repository.production, allowed: Self.uncheckedFiles))
    }

    @Test func unsafeCode() {
        check(CodeRules.unsafeCode(Repository.production, allowed: Self.allowedUnsafe))
    }

    @Test func moduleNames() {
        let targets = Manifest(Repository.manifest).targets.map { ($0.name, $0.path) }
        check(CodeRules.selfNamedTypes(Repository.production, targets: targets))
    }

    // MARK: The rules can fail

    private static func file(_ path: String, _ text: String) -> SourceText {
        SourceText(path: "Sources/" + path, text: text)
    }

    @Test(arguments: [
        ("Core/Engine/A.swift", "let now = Date()", 1),
        ("Core/Engine/A.swift", "let update() // Date() is banned", 0),
        ("Core/Engine/A.swift", "let text = \"Task\"", 0),
        ("Core/Engine/A.swift", "let text = \"a \\(Task { 1 }) b\"", 1),
        ("Core/Engine/A.swift", "let text = \"\"\"\n  await\n  \"\"\"\nawait x()", 1),
        ("Core/Engine/A.swift", "let text = #\"\\(Task)\"#", 0),
        ("Core/Engine/A.swift", "/* /* Task */ Task */ struct A {}", 0),
        ("Core/Engine/A.swift", "TaskGroup(); fingerprint(1); upDate(2)", 0),
        ("Core/Engine/A.swift", "Int.random(in: 0..<1); [1].shuffled()", 2),
        ("Core/Engine/A.swift", "try! f() as! Int", 2),
        ("Core/Engine/A.swift", "final class A {}", 0),
        ("Core/Windows/A.swift", "final class A {}", 1),
        ("Core/LineProtocol/A.swift", "let a: any Error; func f() async {}", 2),
        ("Edges/Platform/A.swift", "Task { await f() }", 0),
    ])
    func bannedTokenRule(_ path: String, _ text: String, findings: Int) {
        #expect(CodeRules.bannedTokens([Self.file(path, text)]).count == findings)
    }

    @Test(arguments: [
        ("Sources/A.swift", String(repeating: "a", count: 100), 0),
        ("Sources/A.swift", String(repeating: "a", count: 101), 1),
        ("Sources/A.swift", String(repeating: "ä", count: 100), 0),
        ("Sources/A.swift", "\"" + String(repeating: "a", count: 101) + "\"", 1),
        ("Tests/A.swift", "\"" + String(repeating: "a", count: 101) + "\"", 0),
        ("Tests/A.swift", "// " + String(repeating: "a", count: 101), 1),
    ])
    func lineLengthRule(_ path: String, _ text: String, findings: Int) {
        #expect(CodeRules.longLines([SourceText(path: path, text: text)]).count == findings)
    }

    @Test func fileLengthRule() {
        let text = String(repeating: "\n", count: 600)
        #expect(CodeRules.longFiles([Self.file("A.swift", text)], over: 600).isEmpty)
        #expect(CodeRules.longFiles([Self.file("A.swift", text + "\n")], over: 600).count == 1)
    }

    private static func function(_ head: String, lines: Int) -> String {
        head + " {\n" + String(repeating: "    f()\n", count: lines - 2) + "}\n"
    }

    private static let lengths: [(String, Int)] = [
        (function("func a()", lines: 70), 0),
        (function("func a()", lines: 71), 1),
        (function("init(a: () -> Void = {}) throws(E)", lines: 71), 1),
        (function("deinit", lines: 71), 1),
        (function("subscript(i: Int) -> Int", lines: 71), 1),
        (function("struct A", lines: 200), 0),
        ("protocol P {\n func a()\n}\n" + function("struct A", lines: 200), 0),
        ("@c private func a()\n" + function("@Suite struct A", lines: 90), 0),
        ("protocol P {\n func a()\n func b()\n}\n" + function("func c()", lines: 80), 1),
        (function("extension A", lines: 3) + "// func a() {\n" + function("enum B", lines: 90), 0),
    ]

    @Test(arguments: lengths)
    func functionLengthRule(_ text: String, findings: Int) {
        #expect(CodeRules.longFunctions([Self.file("A.swift", text)]).count == findings)
    }

    @Test func uncheckedSendableRule() {
        let file = Self.file("A.swift", "final class A: @unchecked Sendable {}")
        #expect(CodeRules.uncheckedSendable([file], allowed: []).count == 1)
        #expect(CodeRules.uncheckedSendable([file], allowed: [file.path]).isEmpty)
    }

    @Test(arguments: [
        ("/// Protection argument: none needed.\nunsafe f()", true, 0),
        ("/// Protection argument: none needed.\nunsafe f()", false, 1),
        ("unsafe f()", true, 1),
        ("unsafe f()", false, 2),
        (String(repeating: "\n", count: 40) + "// Protection argument\nunsafe f()", true, 1),
        ("// unsafe", false, 0),
        ("f()", true, 1),
    ])
    func unsafeRule(_ text: String, isListed: Bool, findings: Int) {
        let file = Self.file("A.swift", text)
        let allowed: Set<String> = isListed ? [file.path] : []
        #expect(CodeRules.unsafeCode([file], allowed: allowed).count == findings)
    }

    @Test func moduleNameRule() {
        let file = Self.file("Core/Windows/A.swift", "struct Windows {}\nstruct WindowStore {}")
        let targets = [(name: "Windows", path: "Sources/Core/Windows")]
        #expect(CodeRules.selfNamedTypes([file], targets: targets).count == 1)
    }
}
