import Testing

@Suite("Dependencies: the table, the manifest and the imports agree")
struct DependencyTests {
    private let table = DependencyTable(
        markdown: Repository.text("Sources/App/Daemon/Documentation.docc/Architecture.md"))

    private func check(_ findings: [String]) {
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    @Test func tableIsThere() { #expect(table.rows.count >= 16) }

    @Test func manifestFollowsTable() {
        check(DependencyRules.compare(table, Manifest(Repository.manifest)))
    }

    @Test func importsFollowTable() {
        check(DependencyRules.compare(table, Repository.production))
    }

    @Test func coreIsPure() { check(DependencyRules.purity(table, Repository.production)) }

    // MARK: The rules can fail

    private static let page = DependencyTable(
        markdown: """
            | Target | Responsibility | May import (ours) | Third party, system |
            |---|---|---|---|
            | `Core/A` | a | - | - |
            | **Edges/B** | b | A | GRDB, libc |

            text
            """)

    private static func manifest(_ targets: String) -> Manifest {
        Manifest(
            SourceText(
                path: "Package.swift",
                text:
                    "let grdb = Target.Dependency.product(name: \"GRDB\", package: \"GRDB.swift\")\n"
                    + targets))
    }

    @Test func tableIsParsed() {
        #expect(
            Self.page.rows == [
                .init(folder: "Core/A", ours: [], others: []),
                .init(folder: "Edges/B", ours: ["A"], others: ["GRDB", "libc"]),
            ])
    }

    @Test(arguments: [
        (".target(name: \"B\", dependencies: [\"A\", grdb], path: \"Sources/Edges/B\")", 0),
        (".target(name: \"B\", dependencies: [\"A\"], path: \"Sources/Edges/B\")", 1),
        (".target(name: \"B\", dependencies: [grdb, \"A\", \"Z\"], path: \"Sources/Edges/B\")", 1),
        (".target(name: \"B\", dependencies: [\"A\", grdb], path: \"Sources/Core/B\")", 1),
        (".target(name: \"C\", path: \"Sources/Edges/C\")", 2),
        (
            ".executableTarget(name: \"B\", dependencies: [\"A\", .product(name: \"GRDB\", "
                + "package: \"g\")], path: \"Sources/Edges/B\")", 0
        ),
    ])
    func manifestRule(_ target: String, findings: Int) {
        let manifest = Self.manifest(
            target + "\n.target(name: \"A\", path: \"Sources/Core/A\"),\n"
                + ".testTarget(name: \"ATests\", dependencies: [\"Z\"])")
        #expect(DependencyRules.compare(Self.page, manifest).count == findings)
    }

    @Test(arguments: [
        ("package import A\nimport GRDB\ninternal import Glibc\n", 0),
        ("import A\nimport GRDB\n", 1),
        ("import A\nimport GRDB\nimport Musl\n@testable import Z\n", 1),
        ("import A\nimport GRDB; let a = 1\nimport Glibc\n", 0),
        ("import A\nimport GRDB\nimport Darwin\nimport struct Foundation.Data\n", 1),
        ("import A\nimport GRDB\nimport Glibc\n// import Z\nlet text = \"import Z\"\n", 0),
    ])
    func importRule(_ text: String, findings: Int) {
        let file = SourceText(path: "Sources/Edges/B/B.swift", text: text)
        #expect(DependencyRules.compare(Self.page, [file]).count == findings)
    }

    @Test(arguments: [
        ("Sources/Core/A/X.swift", "import Foundation", 1),
        ("Sources/Core/A/X.swift", "import Dispatch", 1),
        ("Sources/Core/A/X.swift", "internal import Glibc", 1),
        ("Sources/Core/Primitives/Math.swift", "internal import Glibc", 0),
        ("Sources/Core/Detection/X.swift", "import FleetSimulator", 2),
        ("Sources/Edges/B/X.swift", "import Daemon", 1),
        ("Sources/Edges/B/X.swift", "import Foundation", 0),
    ])
    func purityRule(_ path: String, _ text: String, findings: Int) {
        let file = SourceText(path: path, text: text)
        #expect(DependencyRules.purity(Self.page, [file]).count == findings)
    }
}
