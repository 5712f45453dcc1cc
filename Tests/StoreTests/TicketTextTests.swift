import Testing

@testable import Detection
@testable import Primitives
@testable import Store
@testable import Tickets

/// What the outside reads about tickets, to the byte.
@Suite struct TicketTextTests {
    private static let full = """
        {"id":"00c0ffee00c0ffee-2","ticket":"00c0ffee00c0ffee","revision":2,"type":"escalated",\
        "time":"2026-02-03T04:10:00Z","device":"P-101","device_class":"pump",\
        "attributes":{"site":"Kiel"},"component":"bearing","failure_mode":"bearing_wear",\
        "severity":"warning","previous_severity":"advice","health":62.5,"risk":0.625,\
        "horizon_seconds":1209600,"rul_seconds":{"p05":432000,"p50":777600,"p95":null},\
        "first_seen":"2026-02-01T04:10:00Z","opened_at":"2026-02-03T04:10:00Z",\
        "service_by":"2026-02-08T04:10:00Z",\
        "reason":"Wearing towards its limit: vibration_rms 3.41 mm/s (normal 1.52).",\
        "evidence":[{"signal":"pump.vibration_rms","unit":"mm/s","value":3.41,"baseline":1.52,\
        "change":1.89,"contribution":0.8,"since":"2026-02-01T04:10:00Z"},\
        {"signal":"pump.temperature","unit":null,"value":71,"baseline":null,"change":null,\
        "contribution":0.2,"since":null}],\
        "recommendation":{"action":"Replace the drive-end bearing.",\
        "first_check":"Listen for \\"grinding\\".","parts":[{"number":"6205-2RS","quantity":2,\
        "available":null}],"skill":"fitter","duration_minutes":90},\
        "cost":{"wait":5000,"act":800.5,"currency":"EUR"},"similar_cases":[],\
        "model":{"name":"trend","version":"1"}}
        """

    private static let bare = """
        {"id":"00c0ffee00c0ffee-1","ticket":"00c0ffee00c0ffee","revision":1,"type":"opened",\
        "time":"2026-02-03T04:10:00.25Z","device":"P-101","device_class":"pump",\
        "attributes":{},"component":"bearing","failure_mode":"bearing_wear",\
        "severity":"warning","previous_severity":null,"health":62.5,"risk":null,\
        "horizon_seconds":null,"rul_seconds":null,\
        "first_seen":"2026-02-01T04:10:00Z","opened_at":"2026-02-03T04:10:00Z",\
        "service_by":null,\
        "reason":"Wearing towards its limit: vibration_rms 3.41 mm/s (normal 1.52).",\
        "evidence":[],"recommendation":{"action":null,"first_check":null,"parts":[],\
        "skill":null,"duration_minutes":null},\
        "cost":{"wait":null,"act":null,"currency":null},"similar_cases":[],\
        "model":{"name":"trend","version":"1"}}
        """

    private static var bareChange: TicketChange {
        var ticket = Sample.ticket()
        ticket.attributes = []
        ticket.risk = nil
        ticket.horizon = nil
        ticket.remaining = nil
        ticket.serviceBy = nil
        ticket.evidence = []
        ticket.advice = ComponentAdvice(component: "bearing")
        ticket.costOfWaiting = nil
        ticket.costOfActing = nil
        return Sample.change(of: ticket, time: Sample.time + .milliseconds(250))
    }

    @Test func documents() {
        let change = Sample.change(.escalated, revision: 2, previous: .advice)
        #expect(TicketDocument.json(change) == Self.full)
        #expect(TicketDocument.json(Self.bareChange) == Self.bare)
    }

    @Test func messages() throws {
        let store = try TestStore()
        var writer = try StepWriter(
            store.database, configuration: Sample.configuration, configurationVersion: "c1",
            gateway: "hall 3/ä", logger: Sample.silentLogger)
        let change = Sample.change(.escalated, revision: 2, previous: .advice)
        _ = try writer.write(Sample.step(changes: [change]))
        let expected =
            #"{"specversion":"1.0","id":"00c0ffee00c0ffee-2","#
            + #""source":"/forestall/hall%203%2F%C3%A4","#
            + #""type":"forestall.ticket.escalated.v1","subject":"P-101","#
            + #""time":"2026-02-03T04:10:00Z","datacontenttype":"application/json","#
            + #""data":"# + Self.full + "}"
        #expect(
            try store.rows("SELECT payload FROM outbox WHERE sink = 'spool'") == [expected])
    }

    @Test(arguments: [
        (TicketChange.Kind.opened, Severity.warning, "warning"),
        (.escalated, .urgent, "critical"), (.opened, .advice, "notice"),
        (.recovered, .urgent, "notice"), (.closed, .warning, "notice"),
    ])
    func levels(_ kind: TicketChange.Kind, _ severity: Severity, _ level: String) {
        var ticket = Sample.ticket()
        ticket.severity = severity
        let line = AlertLine.ticket(Sample.change(kind, of: ticket))
        #expect(line.hasPrefix("time=2026-02-03T04:10:00Z level=\(level) event=ticket.\(kind) "))
    }

    @Test func alertLines() {
        #expect(
            AlertLine.ticket(Sample.change()) == """
                time=2026-02-03T04:10:00Z level=warning event=ticket.opened \
                ticket=00c0ffee00c0ffee device=P-101 component=bearing severity=warning \
                risk=0.625 rul_p50=9d service_by=2026-02-08T04:10:00Z \
                msg="Wearing towards its limit: vibration_rms 3.41 mm/s (normal 1.52)."
                """)
        #expect(
            AlertLine.ticket(Self.bareChange) == """
                time=2026-02-03T04:10:00.25Z level=warning event=ticket.opened \
                ticket=00c0ffee00c0ffee device=P-101 component=bearing severity=warning \
                msg="Wearing towards its limit: vibration_rms 3.41 mm/s (normal 1.52)."
                """)
        let alert = ConditionAlert(
            device: Sample.pump, time: Sample.time, kind: .abnormal, health: 62.5, score: 0.75,
            signal: Sample.vibration)
        #expect(
            AlertLine.condition(alert, device: "P 101", signal: "pump.vibration_rms,axis=x") == """
                time=2026-02-03T04:10:00Z level=warning event=device.abnormal device="P 101" \
                health=62.5 score=0.75 signal="pump.vibration_rms,axis=x" \
                msg="The device deviates from its normal state."
                """)
        var normal = alert
        normal.kind = .normal
        #expect(
            AlertLine.condition(normal, device: "P-101", signal: nil) == """
                time=2026-02-03T04:10:00Z level=notice event=device.normal device=P-101 \
                health=62.5 score=0.75 msg="The device is back in its normal state."
                """)
    }

    @Test(arguments: [
        ("plain", "k=plain"), ("", #"k="""#), ("a b", #"k="a b""#), ("a=b", #"k="a=b""#),
        (#"say "x""#, #"k="say \"x\"""#), ("a\nb", #"k="a\nb""#), ("a\r\tb", #"k="a\r\tb""#),
        (#"C:\ x"#, #"k="C:\\ x""#), (#"a\b"#, #"k=a\b"#), ("\u{1}", #"k="\u0001""#),
        ("Kühlwasser", "k=Kühlwasser"),
    ])
    func quoting(_ value: String, _ expected: String) {
        var line = AlertLine()
        line.add("k", value)
        line.add("absent", nil)
        #expect(line.text == expected)
    }

    @Test(arguments: [
        (0.0, "0s"), (-5, "0s"), (40, "40s"), (119, "119s"), (120, "2m"), (7_199, "120m"),
        (7_200, "2h"), (172_799, "48h"), (172_800, "2d"), (777_600, "9d"), (.infinity, "unknown"),
    ])
    func spans(_ seconds: Double, _ expected: String) {
        #expect(AlertLine.span(seconds) == expected)
    }
}
