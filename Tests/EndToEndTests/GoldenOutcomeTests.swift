import Foundation
import Testing

extension EndToEndTests {
    /// What the program makes of the sample recordings: exactly what is written down under
    /// `Tests/Golden`, and, whatever stands there, what any good answer must be.
    ///
    /// After an intended change: `FORESTALL_REWRITE=1 swift test --filter GoldenOutcomeTests`, then
    /// read the difference.
    @Suite struct GoldenOutcomeTests {
        static let isRewriting = ProcessInfo.processInfo.environment["FORESTALL_REWRITE"] == "1"

        /// The ticket changes of each recording, replayed once.
        static let tickets = Result {
            try SampleRecording.allCases.map { try ResultFiles.replay($0.path).tickets }
        }

        static func tickets(_ recording: SampleRecording) throws -> String {
            try tickets.get()[SampleRecording.allCases.firstIndex(of: recording) ?? 0]
        }

        @Test(arguments: SampleRecording.allCases)
        func ticketsAreAsWrittenDown(_ recording: SampleRecording) throws {
            let tickets = try Self.tickets(recording)
            let golden = URL(fileURLWithPath: recording.goldenPath)
            if Self.isRewriting {
                try FileManager.default.createDirectory(
                    at: golden.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(tickets.utf8).write(to: golden)
            }
            let expected = String(decoding: try Data(contentsOf: golden), as: UTF8.self)
            #expect(splitLines(tickets) == splitLines(expected))
            #expect(tickets == expected)
        }

        @Test(arguments: [SampleRecording.healthyWeek, .noisySensor])
        func machinesThatDoNotWearGetNoTicket(_ recording: SampleRecording) throws {
            #expect(try Self.tickets(recording).isEmpty)
        }

        /// One ticket, in time, for the right component, with what to bring.
        private func check(
            _ recording: SampleRecording, leadDays: Double, parts: [String: Int],
            _ location: SourceLocation = #_sourceLocation
        ) throws {
            let truth = try #require(recording.truth.first, sourceLocation: location)
            let tickets = try Self.objects(splitLines(try Self.tickets(recording)))
            let opened = tickets.filter { $0["type"] as? String == "opened" }
            #expect(opened.count == 1, sourceLocation: location)
            let ticket = try #require(opened.first, sourceLocation: location)
            let time = try Self.date(ticket["time"])
            let lead = try Self.date(truth.failure).timeIntervalSince(time) / 86_400
            #expect(lead >= leadDays, "\(lead) days of lead", sourceLocation: location)
            #expect(
                time > (try Self.date(truth.onset)), "opened before anything was wrong",
                sourceLocation: location)
            #expect(ticket["device"] as? String == truth.device, sourceLocation: location)
            #expect(ticket["component"] as? String == truth.component, sourceLocation: location)
            let recommendation = try #require(ticket["recommendation"] as? [String: Any])
            let brought = try #require(recommendation["parts"] as? [[String: Any]])
            let pairs = brought.map {
                ($0["number"] as? String ?? "", $0["quantity"] as? Int ?? 0)
            }
            #expect(
                Dictionary(pairs, uniquingKeysWith: +) == parts, sourceLocation: location)
        }

        @Test func theBearingIsReportedDaysBeforeItFails() throws {
            try check(.bearingWear, leadDays: 4, parts: ["6312-C3": 2])
        }

        @Test func theAirLeakIsReportedDaysBeforeThePressureFails() throws {
            try check(.airLeak, leadDays: 4, parts: ["DRV-15": 1])
        }

        /// Silence may be worth a ticket; it is no sign of wear.
        @Test func aDeviceNobodyHearsOfDoesNotWear() throws {
            let tickets = try Self.objects(splitLines(try Self.tickets(.silentDevice)))
            #expect(tickets.allSatisfy { $0["component"] as? String == "telemetry" })
        }

        @Test func revisionsOfTheTicketAreGapless() throws {
            let tickets = try Self.objects(
                splitLines(try Self.tickets(.bearingWear)))
            #expect(tickets.first?["type"] as? String == "opened")
            let name = try #require(tickets.first?["ticket"] as? String)
            for (place, ticket) in tickets.enumerated() {
                #expect(ticket["ticket"] as? String == name)
                #expect(ticket["revision"] as? Int == place + 1)
                #expect(ticket["id"] as? String == "\(name)-\(place + 1)")
                #expect(ticket["opened_at"] as? String == tickets[0]["time"] as? String)
            }
            let times = try tickets.map { try Self.date($0["time"]) }
            #expect(times == times.sorted())
        }

        /// Keys, and their order, are what other programs rely on.
        @Test func ticketsHaveEveryKeyInOrder() throws {
            let keys = [
                "id", "ticket", "revision", "type", "time", "device", "device_class",
                "attributes", "component", "failure_mode", "severity", "previous_severity",
                "health", "risk", "horizon_seconds", "rul_seconds", "first_seen", "opened_at",
                "service_by", "reason", "evidence", "recommendation", "cost", "similar_cases",
                "model",
            ]
            let lines = splitLines(
                try Self.tickets(.bearingWear))
            for line in lines {
                let object = try #require(try Self.objects([line]).first)
                #expect(Set(object.keys) == Set(keys))
                var rest = line[...]
                for key in keys {
                    let place = try #require(rest.range(of: "\"\(key)\":"), "\(key) out of order")
                    rest = rest[place.upperBound...]
                }
            }
        }

        /// CloudEvents 1.0.2, sections 3.1 and 3.2: required attributes and their forms.
        @Test func spoolFilesAreCloudEvents() throws {
            let directory = try TemporaryDirectory()
            let outcome = try ForestallProgram.run(
                "replay", SampleRecording.bearingWear.path, "--config",
                SampleRecording.configuration, "--state", directory("state"), "--tickets",
                directory("tickets"))
            #expect(outcome.code == 0)
            let names = try directory.names("state/outbox/new")
            let messages = try Self.objects(try Spool.messages(in: directory, state: "state"))
            #expect(!messages.isEmpty)
            for (name, message) in zip(names, messages) {
                let data = try #require(message["data"] as? [String: Any])
                let id = try #require(message["id"] as? String)
                #expect(name == id + ".json")
                #expect(data["id"] as? String == id)
                #expect(message["specversion"] as? String == "1.0")
                let source = try #require(message["source"] as? String)
                #expect(source.hasPrefix("/forestall/") && URL(string: source) != nil)
                let type = try #require(data["type"] as? String)
                #expect(message["type"] as? String == "forestall.ticket.\(type).v1")
                #expect(message["subject"] as? String == data["device"] as? String)
                #expect(message["time"] as? String == data["time"] as? String)
                #expect(message["datacontenttype"] as? String == "application/json")
            }
            #expect(
                try Spool.documents(in: directory, state: "state")
                    == directory.lines("tickets").sorted())
            #expect(try directory.names("state/outbox/tmp").isEmpty)
        }

        private static func objects(_ lines: [String]) throws -> [[String: Any]] {
            try lines.map { line in
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
                return try #require(object as? [String: Any])
            }
        }

        private static func date(_ text: Any?) throws -> Date {
            try Date(try #require(text as? String), strategy: .iso8601)
        }
    }
}
