package import Primitives

/// Something that was done to a machine, or happened to it: an entry of its maintenance history.
///
/// Events are facts with a time of their own, not decisions. They enter the engine through the same
/// door as ``OperatorCommand``, when event time has reached them.
package struct MaintenanceEvent: Hashable, Sendable {
    /// In the order in which those of one instant are taken: what ends comes before what begins.
    package enum Kind: String, CaseIterable, Sendable {
        /// It no longer does what it must; the device is in work until somebody has seen to it.
        case failure
        /// Taken out of use for good.
        case retired
        /// Looked at, nothing changed.
        case inspection
        /// Put right; from here on it is as good as new.
        case repair
        /// Another one was put in its place.
        case replacement
        /// Put to use, for the first time or again.
        case commissioned

        /// Begins a new life of the component: new age, new reference.
        package var isRestart: Bool {
            self == .repair || self == .replacement || self == .commissioned
        }

        fileprivate var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// A column of the file, and a value of the command.
    package enum Column: String, CaseIterable, Sendable {
        case time
        case device
        case component
        case event
        case part
        case cost
        case note
    }

    package var time: Timestamp
    package var device: String
    /// Empty for the whole device.
    package var component: String
    package var kind: Kind
    /// Number of the part that was put in.
    package var part: String?
    /// In the plant's currency; finite, not negative.
    package var cost: Double?
    package var note: String?

    package init(
        time: Timestamp, device: String, component: String = "", kind: Kind, part: String? = nil,
        cost: Double? = nil, note: String? = nil
    ) {
        self.time = time
        self.device = device
        self.component = component
        self.kind = kind
        self.part = part
        self.cost = cost
        self.note = note
    }

    /// `true` for two entries of the same event: part, cost and note may differ.
    package func isSame(as other: MaintenanceEvent) -> Bool {
        time == other.time && device == other.device && component == other.component
            && kind == other.kind
    }
}

extension MaintenanceEvent: Comparable {
    /// In order of taking; of one instant by device, component and kind.
    package static func < (left: MaintenanceEvent, right: MaintenanceEvent) -> Bool {
        (left.time, left.device, left.component, left.kind.order)
            < (right.time, right.device, right.component, right.kind.order)
    }
}

extension MaintenanceEvent {
    /// A value that cannot be what its column says.
    package struct Fault: Error, Hashable, Sendable {
        package var column: Column
        package var value: String
        package var expected: String
    }

    /// About 1823 to 2116, as for telemetry: arithmetic with times never overflows.
    package static let times =
        Timestamp(nanoseconds: -1 << 62)...Timestamp(nanoseconds: 1 << 62)
    /// Longest device name and note, and longest component and part, in bytes.
    package static let textBytesMost = 4_096
    package static let nameBytesMost = 256

    /// Reads an event from the texts of its columns; what is absent or empty is not known.
    package init(reading texts: [Column: String]) throws(Fault) {
        func text(_ column: Column) -> String { texts[column] ?? "" }
        func bounded(_ column: Column, _ most: Int) throws(Fault) -> String {
            guard text(column).utf8.count <= most else {
                throw Fault(
                    column: column, value: text(column), expected: "at most \(most) bytes")
            }
            return text(column)
        }
        func optional(_ text: String) -> String? { text.isEmpty ? nil : text }
        time = try Self.time(text(.time))
        device = try bounded(.device, Self.textBytesMost)
        guard !device.isEmpty else {
            throw Fault(column: .device, value: "", expected: "the name of a device")
        }
        component = try bounded(.component, Self.nameBytesMost)
        guard let kind = Kind(rawValue: text(.event)) else {
            throw Fault(
                column: .event, value: text(.event),
                expected: Kind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self.kind = kind
        part = optional(try bounded(.part, Self.nameBytesMost))
        cost = try Self.cost(text(.cost))
        note = optional(try bounded(.note, Self.textBytesMost))
    }

    private static func time(_ text: String) throws(Fault) -> Timestamp {
        let time = Int64(text).map(Timestamp.init(nanoseconds:)) ?? Timestamp(rfc3339: text)
        guard let time, times.contains(time) else {
            throw Fault(
                column: .time, value: text,
                expected: "RFC 3339, such as 2026-02-01T08:00:00Z, or nanoseconds since 1970")
        }
        return time
    }

    private static func cost(_ text: String) throws(Fault) -> Double? {
        if text.isEmpty { return nil }
        guard let cost = Double(text), cost.isFinite, cost >= 0 else {
            throw Fault(
                column: .cost, value: text, expected: "a number that is not negative, or nothing")
        }
        return cost
    }
}
