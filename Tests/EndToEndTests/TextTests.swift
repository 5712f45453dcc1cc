import Foundation
import Testing

extension EndToEndTests {
    /// Status words and fault codes of a replayed recording, as a person asks for them.
    @Suite struct TextTests {
        @Test func textsAndFaultCodesOfADevice() throws {
            let directory = try TemporaryDirectory()
            let lines = [
                #"pump,device=P-1 status="run",fault_code=0i,v=1 1767225600000000000"#,
                #"pump,device=P-1 status="run",fault_code=1203i,v=2 1767225660000000000"#,
                #"pump,device=P-1 status="emergency \"stop\"",fault_code=1203i 1767225720000000000"#,
            ]
            let recording = try directory.write(
                lines.joined(separator: "\n") + "\n", to: "recording.lp")
            let state = directory("state")
            let replay = try ForestallProgram.run(
                "replay", recording, "--config", SampleRecording.configuration, "--state", state)
            #expect(replay.code == 0)
            let text = try ForestallProgram.run("devices", "P-1", "--state", state)
            for line in [
                #"    pump.fault_code: "1203", since 2026-01-01T00:01:00Z"#,
                #"    pump.status: "emergency \"stop\"", since 2026-01-01T00:02:00Z"#,
                #"    2026-01-01T00:01:00Z fault_code pump.fault_code: "1203", before "0""#,
                #"    2026-01-01T00:00:00Z fault_cleared pump.fault_code: "0""#,
            ] { #expect(text.lines.contains(line), "\(line) in \(text.output)") }
            let json = try ForestallProgram.run("devices", "P-1", "--json", "--state", state)
            let devices =
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
            let texts = devices?.first?["texts"] as? [[String: Any]]
            #expect(texts?.map { $0["value"] as? String } == ["1203", #"emergency "stop""#])
            #expect(texts?.map { $0["fault_code"] as? Bool } == [true, false])
            let events = devices?.first?["events"] as? [[String: Any]]
            #expect(events?.count == 4)
            #expect(events?.first?["previous"] as? String == "run")
            #expect(
                try directory.text("state/alerts.log")
                    == "time=2026-01-01T00:01:00Z level=warning event=device.fault_code "
                    + "device=P-1 signal=pump.fault_code code=1203 "
                    + "msg=\"The device reports fault code 1203.\"\n")
        }
    }
}
