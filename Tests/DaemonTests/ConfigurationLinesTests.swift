import Primitives
import Testing

@testable import Daemon

/// On which line a key is found.
@Suite struct ConfigurationLinesTests {
    func check(
        _ text: String, _ expected: [([String], Int)],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let lines = ConfigurationLines(text)
        for (path, line) in expected {
            #expect(lines[path] == line, "\(path)", sourceLocation: sourceLocation)
        }
    }

    @Test func cases() {
        check("a = 1\nb=2\r\n\n c.d = 3", [(["a"], 1), (["b"], 2), (["c"], 4), (["c", "d"], 4)])
        check("# a = 1\na = 1 # b = 2\n#", [(["a"], 2)])
        check("[x]\na = 1\n[x.y]\na = 2", [(["x"], 1), (["x", "a"], 2), (["x", "y", "a"], 4)])
        check("[x.y]\n[ x ] # c\nz = 1", [(["x"], 2), (["x", "y"], 1), (["x", "z"], 3)])
        check("[x.\"y.z\".'w w']\na = 1", [(["x", "y.z", "w w", "a"], 2)])
        check("\"a\\\"b\\u00e4\" = 1", [(["a\"bä"], 1)])
        check("\u{FEFF}a = 1\nb = 2", [(["a"], 1), (["b"], 2)])
    }

    @Test func strings() {
        check("a = \"\"\"\nb = 1\n\\\"\"\" \"\"\"\nc = 2", [(["a"], 1), (["c"], 4)])
        check("a = '''\n'b' = 1\n''''\nc = 2", [(["a"], 1), (["c"], 4)])
        check("a = \"x\\\"\\n # no\"\nc = '\\'\nd = ''", [(["a"], 1), (["c"], 2), (["d"], 3)])
        #expect(ConfigurationLines("a = \"\"\"\nb = 1\n\"\"\"")[["b"]] == nil)
        #expect(ConfigurationLines("a = 1 # b = 2\n# c = 3")[["b"]] == nil)
    }

    @Test func listsAndInlineTables() {
        check(
            "a = [ # one\n 1,\n [2, 3],\n {b = 4,\n c = {d = 5}}, ]\ne = 6",
            [
                (["a"], 1), (["a", "[0]"], 2), (["a", "[1]", "[1]"], 3), (["a", "[2]", "b"], 4),
                (["a", "[2]", "c", "d"], 5), (["e"], 6),
            ])
        check("a = { b.c = \"}\", d = ']' }\ne = []", [(["a", "b", "c"], 1), (["e"], 2)])
        check(
            "[[a]]\nb = 1\n[[a]]\n[a.c]\nb = 2\n[[a.d]]\n[[a.d]]\nx = 3",
            [
                (["a", "[0]", "b"], 2), (["a", "[1]"], 3), (["a", "[1]", "c", "b"], 5),
                (["a", "[1]", "d", "[1]", "x"], 8),
            ])
    }

    /// On any text at all it ends and stays inside.
    @Test func totality() {
        let alphabet = Array("ab=.,[]{}\"'\\#\n u0 é".unicodeScalars)
        for seed in 0..<2_000 as Range<UInt64> {
            var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
            var text = ""
            for _ in 0..<60 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.unicodeScalars.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            let lines = ConfigurationLines(text)
            #expect(lines[["no such key"]] == nil, "seed \(seed)")
        }
    }
}
