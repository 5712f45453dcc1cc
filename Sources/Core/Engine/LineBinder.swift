import LineProtocol
import Primitives
import Windows

/// The glue between text and numbers: resolves whose reading a line is.
///
/// For a series seen before this is one hash and one comparison of bytes. A new series takes the
/// slow path: its tags are unescaped and sorted into identity, attributes, class and the rest, and
/// its device and signals are registered, up to the limits.
struct LineBinder: Sendable {
    /// What the slow path found out about a new series.
    struct Resolved {
        var device: String
        var measurement: String
        var attributes: [(key: String, value: String)]
        var className: String?
        var signalSuffix: String
    }

    private let identity: IdentityPolicy
    private let terms: [LineTerms]
    private let classByMeasurement: [String: ClassID]
    private let classByName: [String: ClassID]
    private let classByDevice: [String: ClassID]

    init(_ configuration: EngineConfiguration) {
        identity = configuration.identity
        terms = configuration.lineTerms
        var byMeasurement: [String: ClassID] = [:]
        var byName: [String: ClassID] = [:]
        for (index, declared) in configuration.classes.enumerated() {
            byName[declared.name] = ClassID(rawValue: index)
            for measurement in declared.measurements {
                byMeasurement[measurement] = ClassID(rawValue: index)
            }
        }
        classByMeasurement = byMeasurement
        classByName = byName
        var byDevice: [String: ClassID] = [:]
        for device in configuration.devices {
            byDevice[device.name] = device.className.flatMap { byName[$0] }
        }
        classByDevice = byDevice
    }

    /// The class the configuration gives a device it names.
    func declaredClass(of device: String) -> ClassID? { classByDevice[device] }

    /// The class a series speaks for: by class tag, else by measurement; `nil` when neither names
    /// a declared class.
    func machineClass(of resolved: Resolved) -> ClassID? {
        if let name = resolved.className, let known = classByName[name] { return known }
        return classByMeasurement[resolved.measurement]
    }

    /// Reads the key of the record the parser has just found, with what its listener adds; `nil`
    /// without an identity.
    func resolve(
        _ offsets: borrowing LineOffsets, _ bytes: Span<UInt8>, terms: Int
    ) -> Resolved? {
        var tags: [(key: String, value: String)] = []
        for index in 0..<offsets.tagCount {
            let key = text(offsets.tagKeyStart(index)..<offsets.tagKeyEnd(index), bytes)
            let value = text(offsets.tagValueStart(index)..<offsets.tagValueEnd(index), bytes)
            // The last of duplicate tags wins.
            tags.removeAll { $0.key == key }
            tags.append((key, value))
        }
        let terms = self.terms[terms]
        for added in terms.tags where !tags.contains(where: { $0.key == added.key }) {
            tags.append((added.key, added.value))
        }
        tags.sort { $0.key < $1.key }
        let naming = identity.identityTags.first { name in tags.contains { $0.key == name } }
        let device =
            naming.flatMap { name in tags.first { $0.key == name }?.value }
            ?? (terms.defaultIdentity.isEmpty ? identity.defaultIdentity : terms.defaultIdentity)
        guard !device.isEmpty else { return nil }
        let measurement = text(
            offsets.measurementStart..<offsets.measurementEnd, bytes, part: .measurement)
        let attributes = tags.filter { identity.attributeTags.contains($0.key) }
        let rest = tags.filter {
            $0.key != naming && $0.key != identity.classTag
                && !identity.attributeTags.contains($0.key)
        }
        return Resolved(
            device: device, measurement: measurement, attributes: attributes,
            className: tags.first { $0.key == identity.classTag }?.value,
            signalSuffix: rest.map { "," + $0.key + "=" + $0.value }.joined())
    }

    func fieldName(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String { text(range, bytes) }

    private func text(
        _ range: Range<Int>, _ bytes: Span<UInt8>, part: EscapedPart = .name
    ) -> String {
        let raw = Escapes.unescaped(bytes, from: range.lowerBound, to: range.upperBound, of: part)
        return String(decoding: raw, as: UTF8.self)
    }
}
