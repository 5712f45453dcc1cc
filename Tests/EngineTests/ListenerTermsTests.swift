import Engine
import Primitives
import Testing
import Windows

/// What a listener adds to its lines: tags and the device of lines that name none.
@Suite struct ListenerTermsTests {
    /// Terms 1 and 2; 0 adds nothing.
    static let configuration: EngineConfiguration = {
        var configuration = EngineConfiguration.byEvent()
        configuration.identity.defaultIdentity = "gateway"
        configuration.lineTerms += [
            LineTerms(tags: [Device.Attribute(key: "site", value: "north")]),
            LineTerms(
                tags: [
                    Device.Attribute(key: "axis", value: "x"),
                    Device.Attribute(key: "host", value: "h"),
                ], defaultIdentity: "press"),
            LineTerms(defaultIdentity: "press"),
        ]
        return configuration
    }()

    private func describe(_ run: EngineRun) -> [String] {
        run.registry.devices.map { device in
            ([device.name] + device.attributes.map { "\($0.key)=\($0.value)" }
                + device.signals.map { "[\(run.registry[$0].name)]" }).joined(separator: " ")
        }
    }

    /// Sends lines with their terms, every one twice, so that the second goes the short way.
    private func check(
        _ lines: [(terms: Int, text: String)], _ expected: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let run = EngineRun(Self.configuration)
        for round in 0..<3 {
            for (index, line) in lines.enumerated() {
                run.send("\(line.text) \(round * 10 + index + 1)\n", terms: line.terms)
            }
        }
        run.finish()
        #expect(describe(run) == expected, sourceLocation: sourceLocation)
        #expect(run.counters.readings == UInt64(3 * lines.count))
    }

    @Test func theListenersTagsDescribeItsDevices() {
        check([(1, "m,device=d v=1"), (0, "m,device=e v=1")], "d site=north [m.v]", "e [m.v]")
    }

    @Test func whatALineSaysComesBeforeItsListener() {
        check([(1, "m,device=d,site=south v=1")], "d site=south [m.v]")
    }

    @Test func theListenersTagsCanNameTheDeviceAndItsSignals() {
        check([(2, "m v=1"), (2, "m,axis=y v=1")], "h [m.v,axis=x] [m.v,axis=y]")
    }

    @Test func theListenersDefaultIdentityComesBeforeTheGateways() {
        check(
            [(3, "m v=1"), (1, "m v=1"), (3, "m,device=d v=1")], "press [m.v]",
            "gateway site=north [m.v]", "d [m.v]")
    }

    @Test func theSameBytesByTwoListenersAreTwoSeries() {
        check(
            [(0, "m v=1"), (2, "m v=1"), (3, "m v=1")], "gateway [m.v]", "h [m.v,axis=x]",
            "press [m.v]")
    }
}
