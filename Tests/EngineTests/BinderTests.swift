import Engine
import Primitives
import Testing
import Windows

/// Whose reading a line is: identity, attributes, class and the names of signals.
@Suite struct BinderTests {
    static let classes = [
        MachineClass(name: "pump", measurements: ["pump", "water\u{20}pump"]),
        MachineClass(name: "fan", measurements: ["fan"]),
    ]

    /// Devices as `NAME:class key=value [signal] [signal]`, one a line, in order of discovery.
    func describe(_ registry: Registry) -> [String] {
        let names = ["generic"] + Self.classes.map(\.name)
        return registry.devices.map { device in
            ([device.name + ":" + names[device.machineClass.rawValue]]
                + device.attributes.map { "\($0.key)=\($0.value)" }
                + device.signals.map { "[\(registry[$0].name)]" }).joined(separator: " ")
        }
    }

    @discardableResult func check(
        _ lines: [String], identity: IdentityPolicy = IdentityPolicy(), _ expected: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> EngineRun {
        var configuration = EngineConfiguration.byEvent(classes: Self.classes)
        configuration.identity = identity
        let run = EngineRun(configuration)
        for (index, line) in lines.enumerated() { run.send("\(line) \(index + 1)\n") }
        run.finish()
        #expect(describe(run.registry) == expected, sourceLocation: sourceLocation)
        return run
    }

    @Test func theFirstIdentityTagThatIsPresentNamesTheDevice() {
        check(
            ["m,host=h,machine=m,asset=a,device=d v=1"], "d:generic [m.v,asset=a,host=h,machine=m]")
        check(["m,host=h,machine=m,asset=a v=1"], "a:generic [m.v,host=h,machine=m]")
        check(["m,host=h,machine=m v=1"], "m:generic [m.v,host=h]")
        check(["m,host=h v=1"], "h:generic [m.v]")
    }

    @Test func identityTagsCanBeChosen() {
        let own = IdentityPolicy(identityTags: ["unit", "host"], attributeTags: ["hall"])
        check(
            ["m,host=h,unit=u,hall=2,site=s v=1"], identity: own,
            "u:generic hall=2 [m.v,host=h,site=s]")
    }

    @Test func noIdentityIsRefused() {
        let run = check(["m,site=s v=1", "m v=1", "m,device=d v=1"], "d:generic [m.v]")
        #expect(run.refusals == ["no_identity 2"])
        #expect(run.counters.linesRefused == 2)
    }

    @Test func theDefaultIdentityNamesTheRest() {
        check(
            ["m,site=s v=1", "m v=1", "m,device=d v=1"],
            identity: IdentityPolicy(defaultIdentity: "gateway"),
            "gateway:generic site=s [m.v]", "d:generic [m.v]")
    }

    @Test func attributesAreInOrderOfKeyAndTheLastValueStands() {
        check(
            [
                "m,device=d,site=north,region=r v=1", "m,device=d,model=x v=1",
                "m,device=d,site=south v=2",
            ], "d:generic model=x region=r site=south [m.v]")
    }

    @Test func remainingTagsAreSortedByKey() {
        check(["m,z=1,device=d,axis=x,b=2 v=1"], "d:generic [m.v,axis=x,b=2,z=1]")
        // However a sender orders its tags, it is one signal.
        check(
            ["m,z=1,device=d,axis=x v=1", "m,axis=x,z=1,device=d v=2"],
            "d:generic [m.v,axis=x,z=1]")
    }

    @Test func theLastOfDuplicateTagsWins() {
        check(
            ["m,device=a,axis=x,site=s,device=b,axis=y,site=t v=1"], "b:generic site=t [m.v,axis=y]"
        )
    }

    @Test func escapesAreResolved() {
        check(
            [#"my\ m\,m,device=P\ 1\,a,ax\=is=x\=y,site=the\ hall fl\ ow\=1=1"#],
            "P 1,a:generic site=the hall [my m,m.fl ow=1,ax=is=x=y]")
        // Escaped and plain are the same device.
        check(
            [#"m,device=a\bc v=1"#, #"m,x=\ ,device=a\bc v=1"#], #"a\bc:generic [m.v] [m.v,x= ]"#)
        check([#"water\ pump,device=d v=1"#], "d:pump [water pump.v]")
    }

    @Test func fieldsOfOneSignalByAnyRoute() {
        let run = check(
            ["m,device=d a=1,b=2", "m,device=d b=3", "m,site=s,device=d b=4,c=5,a=6"],
            "d:generic site=s [m.a] [m.b] [m.c]")
        #expect(run.frames == ["d 0...60 a:2@3.5 b:3@3.0 c:1@5.0"])
    }

    @Test func theMeasurementNamesTheClass() {
        check(["fan,device=f v=1", "pump,device=p v=1"], "f:fan [fan.v]", "p:pump [pump.v]")
    }

    @Test func theClassTagComesBeforeTheMeasurement() {
        check(["pump,device=d,class=fan v=1"], "d:fan [pump.v]")
        check(["pump,device=d,class=unheard v=1"], "d:pump [pump.v]")
        check(["x,device=d,class=unheard v=1"], "d:generic [x.v]")
    }

    @Test func aClassOnceKnownStays() {
        check(
            ["pump,device=d v=1", "fan,device=d v=1", "x,device=d v=1"],
            "d:pump [pump.v] [fan.v] [x.v]")
    }

    @Test func numbersOfEveryKindAreReadings() {
        let run = check(
            [#"m,device=d f=1.5,i=-2i,u=3u,b=true,t="text""#],
            "d:generic [m.f] [m.i] [m.u] [m.b]")
        #expect(run.frames == ["d 0...60 f:1@1.5 i:1@-2.0 u:1@3.0 b:1@1.0"])
        #expect(run.counters.textFields == 1)
        #expect(run.counters.readings == 4)
    }

    /// Only what is new or changed is said again.
    @Test func stepsCarryDevicesThatChanged() {
        let run = EngineRun(.byEvent(classes: Self.classes))
        let parts: [(line: String, devices: [String], signals: [String])] = [
            ("m,device=d v=1 1\n", ["d:0"], ["m.v"]),
            ("m,device=d v=1 2\n", [], []),
            ("m,device=d,axis=x v=1 3\n", [], ["m.v,axis=x"]),
            ("m,device=d,site=s v=1 4\n", ["d:0 site=s"], []),
            ("m,device=d,site=s w=1 5\n", [], ["m.w"]),
            ("pump,device=d,site=s v=1 6\n", ["d:1 site=s"], ["pump.v"]),
            ("pump,device=d,site=t v=1 7\n", ["d:1 site=t"], []),
        ]
        for part in parts {
            let before = run.steps.count
            run.send(part.line)
            run.flush()
            let new = run.steps.dropFirst(before)
            let devices = new.flatMap(\.devices).map { device in
                ([device.name + ":\(device.machineClass.rawValue)"]
                    + device.attributes.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
            }
            #expect(devices == part.devices, "\(part.line)")
            #expect(new.flatMap(\.signals).map(\.name) == part.signals, "\(part.line)")
        }
    }
}
