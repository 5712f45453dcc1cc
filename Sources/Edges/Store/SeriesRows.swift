import GRDB
import Primitives
import Windows

/// Rows of devices and signals, and which row stands for which id of this process.
///
/// Ids of the engine are numbered by order of discovery and differ from run to run; rows are found
/// by name, so that a device is the same row whatever came first this time.
struct SeriesRows: Sendable {
    private var devices: [Int64] = []
    private var signals: [Int64] = []

    subscript(id: DeviceID) -> Int64 { SeriesRows.row(devices, id.index) }

    subscript(id: SignalID) -> Int64 { SeriesRows.row(signals, id.index) }

    /// Writes devices and signals, new or known. `names` must have learnt them already.
    mutating func introduce(
        devices: [Device], signals: [Signal], names: StepNames, in db: Database
    ) throws {
        for device in devices { try introduce(device, names: names, in: db) }
        for signal in signals {
            let row = try Int64.fetchOne(
                db.cachedStatement(
                    sql: """
                        INSERT INTO signal (device, name, unit) VALUES (?, ?, ?)
                        ON CONFLICT (device, name) DO UPDATE SET unit = excluded.unit
                        RETURNING id
                        """),
                arguments: [self[signal.device], signal.name, names.unit(of: signal.id)])
            guard row ?? 0 < WindowKey.signalsMost else {
                throw StoreFailure(
                    .data,
                    "the database has had \(WindowKey.signalsMost) signals in its life and has no "
                        + "number for another - go on with another --state")
            }
            SeriesRows.place(row, at: signal.id.index, in: &self.signals)
        }
    }

    private mutating func introduce(_ device: Device, names: StepNames, in db: Database) throws {
        let row = try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    INSERT INTO device (name, class, first_seen) VALUES (?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET class = excluded.class,
                        first_seen = min(first_seen, excluded.first_seen)
                    RETURNING id
                    """),
            arguments: [
                device.name, names.className(of: device.id), device.firstSeen.nanoseconds,
            ])
        SeriesRows.place(row, at: device.id.index, in: &devices)
        try db.cachedStatement(sql: "DELETE FROM device_attribute WHERE device = ?")
            .execute(arguments: [row])
        for attribute in device.attributes {
            try db.cachedStatement(
                sql: "INSERT INTO device_attribute (device, key, value) VALUES (?, ?, ?)"
            ).execute(arguments: [row, attribute.key, attribute.value])
        }
    }

    private static func row(_ list: [Int64], _ index: Int) -> Int64 {
        precondition(
            index < list.count && list[index] > 0,
            "BUG: a step names a series that no step has introduced")
        return list[index]
    }

    private static func place(_ row: Int64?, at index: Int, in list: inout [Int64]) {
        while list.count <= index { list.append(0) }
        list[index] = row ?? 0
    }
}
