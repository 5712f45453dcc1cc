import Daemon
import Detection
import Engine
import Foundation
import Primitives
import Testing
import Windows

/// Files, folders and how they are joined.
@Suite struct ConfigurationLoaderTests {
    /// A folder of its own for each test, gone afterwards.
    final class Folder {
        let path = NSTemporaryDirectory() + "forestall-configuration-\(UUID().uuidString)"

        init(_ files: [String: Data]) throws {
            for (name, content) in files {
                let url = URL(fileURLWithPath: "\(path)/\(name)")
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try content.write(to: url)
            }
        }

        convenience init(_ files: [String: String]) throws {
            try self.init(files.mapValues { Data($0.utf8) })
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    /// The problems of a load, with the folder's name taken out.
    func problems(
        _ folder: Folder, path: String? = nil, standard: String = "forestall.toml"
    ) -> String {
        do throws(ConfigurationFailure) {
            _ = try ConfigurationLoader.load(
                path: path.map { "\(folder.path)/\($0)" },
                standardPath: "\(folder.path)/\(standard)")
            return ""
        } catch {
            return error.description.replacingOccurrences(of: folder.path + "/", with: "")
        }
    }

    @Test func extrasWithoutAMainFile() throws {
        let folder = try Folder(["conf.d/a.toml": "gateway = \"g\""])
        let path = "\(folder.path)/forestall.toml"
        let configuration = try ConfigurationLoader.load(standardPath: path)
        #expect(configuration.gateway == "g")
        #expect(configuration.sourceFiles == ["\(folder.path)/conf.d/a.toml"])
        #expect(
            problems(folder, path: "forestall.toml")
                == "forestall.toml: cannot be read: there is no such file; check the path")
    }

    /// Not for root, who may read everything.
    @Test(.enabled(if: NSUserName() != "root"))
    func forbiddenIsNotAbsent() throws {
        let folder = try Folder(["closed/forestall.toml": "gateway = \"g\""])
        let closed = "\(folder.path)/closed"
        let manager = FileManager.default
        try manager.setAttributes([.posixPermissions: 0], ofItemAtPath: closed)
        defer { try? manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: closed) }
        #expect(
            problems(folder, standard: "closed/forestall.toml") == """
                closed/forestall.toml: cannot be read: permission denied; check its owner and mode
                closed/conf.d: cannot be read: permission denied; check its owner and mode
                """)
    }

    @Test func noFileGivesTheDefaults() throws {
        let path = "/nowhere/forestall.toml"
        #expect(try ConfigurationLoader.load(standardPath: path) == DaemonConfiguration())
        #expect(DaemonConfiguration().summary == "0 files, 0 classes, no problems")
    }

    @Test func filesAreJoinedInOrderOfName() throws {
        let folder = try Folder([
            "forestall.toml": "gateway = \"g\"\n[class.pump]\nwindow = \"5m\"",
            "conf.d/20-b.toml": "[class.fan]",
            "conf.d/10-a.toml": "[class.pump.signal.v]\nunit = \"V\"\n[log]\nlevel = \"debug\"",
            "conf.d/.hidden.toml": "broken",
            "conf.d/notes.txt": "broken",
        ])
        let configuration = try ConfigurationLoader.load(
            standardPath: "\(folder.path)/forestall.toml")
        #expect(
            configuration.sourceFiles
                == ["forestall.toml", "conf.d/10-a.toml", "conf.d/20-b.toml"].map {
                    "\(folder.path)/\($0)"
                })
        #expect(configuration.summary == "3 files, 2 classes, no problems")
        #expect(configuration.gateway == "g")
        #expect(configuration.logLevel == .debug)
        #expect(configuration.engine.classes.map(\.name) == ["generic", "pump", "fan"])
        #expect(configuration.engine.classes[1].windows.length == .minutes(5))
        #expect(configuration.engine.classes[1].detection.signals.map(\.unit) == ["V"])
    }

    @Test func onlyForestallTomlBringsItsFolderAlong() throws {
        let folder = try Folder([
            "forestall.toml": "", "other.toml": "", "conf.d/a.toml": "gateway = \"g\"",
        ])
        let main = try ConfigurationLoader.load(path: "\(folder.path)/forestall.toml")
        #expect(main.gateway == "g")
        let other = try ConfigurationLoader.load(path: "\(folder.path)/other.toml")
        #expect(other.gateway == "")
    }

    @Test func conflictsAndProblemsOfAllFiles() throws {
        let folder = try Folder([
            "forestall.toml": "\ngateway = \"g\"\nlog = 3",
            "conf.d/a.toml": "gateway = \"h\"\n[log]\nlevel = \"loud\"",
            "conf.d/b.toml": "x = ",
            "conf.d/c.toml": "[class.p.component.c]\nsignals = [\"v\"]\nhorizon = 3",
        ])
        // The undeclared signal is not mentioned: b.toml may declare it.
        #expect(
            problems(folder) == """
                forestall.toml:3: log = 3 is a whole number; expected a table, [log]
                conf.d/a.toml:1: gateway = "h" is set a second time; forestall.toml:2 sets it to \
                "g", keep one of the two
                conf.d/a.toml:2: log = {level = "loud"} is set a second time; forestall.toml:3 \
                sets it to 3, keep one of the two
                conf.d/b.toml:1:5: not valid TOML: Error while parsing key-value pair: encountered \
                end-of-file
                conf.d/c.toml:3: class.p.component.c.horizon = 3 has no unit; expected a duration \
                from "1h" to "3650d" as text, such as "90s" or "1h30m" (units ms, s, m, h, d, w)
                """)
    }

    @Test func unreadableFiles() throws {
        let folder = try Folder([
            "latin1.toml": Data(
                "gateway = \"g\"\n# S\u{FC}d\n".unicodeScalars.map {
                    UInt8($0.value)
                }),
            "big.toml": Data(repeating: UInt8(ascii: "\n"), count: (4 << 20) + 1),
            "folder.toml/x": Data(),
        ])
        #expect(
            problems(folder, path: "none.toml")
                == "none.toml: cannot be read: there is no such file; check the path")
        #expect(
            problems(folder, path: "latin1.toml")
                == "latin1.toml:2: is not UTF-8 text; save the file in the encoding UTF-8")
        #expect(
            problems(folder, path: "big.toml")
                == "big.toml: is longer than 4MiB; this is not a configuration file")
        #expect(
            problems(folder, path: "folder.toml")
                == "folder.toml: cannot be read: it is not what it should be; check what is there")
    }
}
