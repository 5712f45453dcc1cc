import Foundation

/// A directory of its own for one test, and the programs a test needs beside the server.
struct Tool: ~Copyable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("forestall-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: self(name)))
        return self(name)
    }

    /// Runs a shell command with bytes on its standard input; what it printed.
    static func run(_ command: String, input: [UInt8] = []) throws -> [UInt8] {
        let folder = try Tool()
        try Data(input).write(to: URL(fileURLWithPath: folder("in")))
        _ = FileManager.default.createFile(atPath: folder("out"), contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.standardInput = try FileHandle(
            forReadingFrom: URL(fileURLWithPath: folder("in")))
        process.standardOutput = try FileHandle(
            forWritingTo: URL(fileURLWithPath: folder("out")))
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(command) ended with \(process.terminationStatus)")
        }
        return Array(FileManager.default.contents(atPath: folder("out")) ?? Data())
    }
}
