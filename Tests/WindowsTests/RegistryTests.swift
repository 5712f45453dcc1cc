import Primitives
import Testing
import Windows

/// The names behind the dense indices.
@Suite struct RegistryTests {
    private func registry(_ names: String...) -> Registry {
        var registry = Registry()
        for name in names {
            _ = registry.addDevice(
                named: name, machineClass: .generic, firstSeen: Timestamp(seconds: 7))
        }
        return registry
    }

    @Test func idsAreDenseInOrderOfDiscovery() {
        var registry = registry("b", "a")
        #expect(registry.device(named: "b")?.index == 0)
        #expect(registry.device(named: "a")?.index == 1)
        #expect(registry.device(named: "c") == nil)
        let first = registry.addSignal(named: "x", of: DeviceID(rawValue: 1))
        let second = registry.addSignal(named: "x", of: DeviceID(rawValue: 0))
        #expect([first.index, second.index] == [0, 1])
        #expect(registry.signal(named: "x", of: DeviceID(rawValue: 0)) == second)
        #expect(registry.signal(named: "y", of: DeviceID(rawValue: 0)) == nil)
        #expect(registry[DeviceID(rawValue: 1)].signals == [first])
        #expect(registry[second].device == DeviceID(rawValue: 0))
        #expect(registry[DeviceID(rawValue: 0)].firstSeen == Timestamp(seconds: 7))
    }

    @Test func attributesAreInOrderOfKey() {
        var registry = registry("a")
        let device = DeviceID(rawValue: 0)
        var changed = ["site", "line", "model", "zone"].map {
            registry.setAttribute($0, "1", of: device)
        }
        changed.append(registry.setAttribute("line", "1", of: device))
        changed.append(registry.setAttribute("line", "2", of: device))
        #expect(changed == [true, true, true, true, false, true])
        #expect(
            registry[device].attributes.map { "\($0.key)=\($0.value)" }
                == ["line=2", "model=1", "site=1", "zone=1"])
    }

    @Test func classCanChange() {
        var registry = registry("a", "b")
        registry.setClass(ClassID(rawValue: 3), of: DeviceID(rawValue: 1))
        #expect(registry.devices.map(\.machineClass.rawValue) == [0, 3])
    }
}
