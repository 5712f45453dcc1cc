import Engine
import GRDB
import Glibc
import Platform
import Primitives
import Store

/// Reading the last day of one device's ten signals out of a day of ten thousand.
///
/// The rows are made by SQL, in the order in which windows close; what is measured is the view
/// `window_readable`, asked for a device and a time as Grafana asks it, every column of every row
/// read. `day` is with the file in the system's memory, `day-cold` after it was dropped from there.
/// Held against 50 ms. `export` is the same as CSV, most of which is writing numbers as text.
///
/// Protection argument for the unsafe calls: a descriptor of this function is closed by it.
enum ReadBenchmark {
    static func run(_ scale: Scale) throws -> Findings {
        var findings = Findings("read")
        let directory = try TemporaryDirectory()
        let state = try StateDirectory(creating: directory.path + "/state")
        try StateDatabase(opening: state).close()
        let devices = scale.pick(1_000, small: 20)
        try fill(state.databasePath, devices: devices, minutes: scale.pick(1_440, small: 60))

        let model = try ReadModel(state)
        let reader = try DatabaseQueue(path: state.databasePath)
        var cold: [Double] = []
        var warm: [Double] = []
        var export: [Double] = []
        for round in 0..<scale.rounds {
            let device = "d\(devices / (round + 2))"
            drop(state.databasePath)
            try cold.append(seconds { findings.fold(try day(of: device, reader)) })
            try warm.append(seconds { findings.fold(try day(of: device, reader)) })
            try export.append(
                seconds {
                    let rows = try StateExport(.windows, .csv, device: device)
                        .rows(of: model) { _ in }
                    findings.fold(UInt64(rows))
                })
        }
        findings.add("day", Stopwatch.median(warm) * 1e3, "ms", reference: 50)
        findings.add("day-cold", Stopwatch.median(cold) * 1e3, "ms", reference: 50)
        findings.add("export", Stopwatch.median(export) * 1e3, "ms")
        return findings
    }

    /// By the clock on the wall: the medium counts.
    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = MonotonicClock.now()
        try body()
        return Double(MonotonicClock.now() - start) / 1e9
    }

    /// The sum of what was read.
    private static func day(of device: String, _ reader: DatabaseQueue) throws -> Double {
        try reader.read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT time, count, min, max, mean, sd, first, last FROM window_readable
                    WHERE device = ? AND time >= ?
                    """, arguments: [device, (first + 60_000) * 1_000_000])
            var sum = 0.0
            while let row = try rows.next() {
                for column in 0..<8 { sum += row[column] as Double }
            }
            return sum
        }
    }

    /// The first minute, in milliseconds.
    private static let first: Int64 = 29_600_000 * 60_000

    /// A transaction a minute.
    private static func fill(_ path: String, devices: Int, minutes: Int) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            for device in 1...devices {
                try db.execute(
                    sql: "INSERT INTO device (id, name, class, first_seen) VALUES (?, ?, 'm', 0)",
                    arguments: [device, "d\(device)"])
                for signal in 0..<10 {
                    try db.execute(
                        sql: "INSERT INTO signal (device, name) VALUES (?, ?)",
                        arguments: [device, "m.s\(signal)"])
                }
            }
        }
        for minute in 0..<minutes {
            let start = first + Int64(minute) * 60_000
            try queue.write { db in
                try db.execute(
                    sql: "INSERT INTO window_start VALUES (?)", arguments: [start * 1_000_000])
                try db.execute(
                    sql: """
                        INSERT INTO window (key, count, min, max, mean, sd, first, last)
                        SELECT ?1 << 19 | id, 60, id / 3.0, id / 1.5, id / 2.1, id / 9.0, id / 2.3,
                            id / 2.7 FROM signal ORDER BY id
                        """, arguments: [start])
            }
        }
        try queue.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        try queue.close()
    }

    /// Asks the system to forget the file's pages.
    private static func drop(_ path: String) {
        let file = unsafe open(path, O_RDONLY)
        guard file >= 0 else { return }
        fsync(file)
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
        close(file)
    }
}
