import Foundation
import Testing

/// A client library as its makers publish it, run by a Python that has it.
///
/// `packaging/clients.sh` prepares such a Python in `.build/clients`; `$FORESTALL_PYTHON` names
/// another one, which then must have all of them.
enum OfficialClient: String, Sendable {
    /// InfluxDB 1.x.
    case influxdb
    /// InfluxDB 2.x.
    case influxdbClient = "influxdb_client"
    case questdb

    /// Why a test is skipped.
    static let advice: Comment =
        "needs the Python clients: packaging/clients.sh prepares them, FORESTALL_PYTHON names a Python"

    private static let prepared = SampleRecording.repository + "/.build/clients"

    /// Found without starting a process, because conditions of tests are judged at the same time.
    var python: String? {
        let files = FileManager.default
        if let given = ProcessInfo.processInfo.environment["FORESTALL_PYTHON"] { return given }
        let libraries = Self.prepared + "/lib"
        let versions = (try? files.contentsOfDirectory(atPath: libraries)) ?? []
        let isThere = versions.contains {
            files.fileExists(atPath: "\(libraries)/\($0)/site-packages/\(rawValue)/__init__.py")
        }
        return isThere ? Self.prepared + "/bin/python3" : nil
    }

    /// Runs a script to its end; `sys.argv[1]`, ... are the arguments.
    func run(_ script: String, _ arguments: String...) throws -> ForestallProgram.Outcome {
        try ForestallProgram.run(try #require(python), ["-W", "ignore", "-c", script] + arguments)
    }
}
