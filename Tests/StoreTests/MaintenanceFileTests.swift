import Primitives
import Testing
import Tickets

@testable import Store

/// Maintenance histories as plants keep them.
@Suite struct MaintenanceFileTests {
    private static let header = "time,device,component,event,part,cost,note\n"

    private func read(_ text: String) -> MaintenanceFile { MaintenanceFile(Array(text.utf8)) }

    @Test func everyColumnIsRead() {
        let file = read(
            Self.header
                + "2026-02-01T08:00:00Z,P-1,bearing,replacement,6312-C3,181.5,\"worn, \"\"blue\"\"\n"
                + "race\"\n1769932800000000001,P-2,,failure,,,\n")
        #expect(file.refusals == [])
        #expect(
            file.events == [
                MaintenanceEvent(
                    time: Timestamp(seconds: 1_769_932_800), device: "P-1", component: "bearing",
                    kind: .replacement, part: "6312-C3", cost: 181.5,
                    note: "worn, \"blue\"\nrace"),
                MaintenanceEvent(
                    time: Timestamp(nanoseconds: 1_769_932_800_000_000_001), device: "P-2",
                    kind: .failure),
            ])
    }

    @Test(arguments: MaintenanceEvent.Kind.allCases)
    func everyKindIsRead(_ kind: MaintenanceEvent.Kind) {
        let file = read("event,device,time\n\(kind.rawValue),P-1,7\n")
        #expect(
            file.events == [
                MaintenanceEvent(time: Timestamp(nanoseconds: 7), device: "P-1", kind: kind)
            ])
    }

    @Test func columnsComeInAnyOrderAndLinesEndInAnyWay() {
        let file = read(
            "\u{FEFF}note,event,time,device\r\n\r\nn,repair,1,P-1\r\n\nm,inspection,2,P-2")
        #expect(file.refusals == [])
        #expect(file.events.map(\.device) == ["P-1", "P-2"])
        #expect(file.events.map(\.note) == ["n", "m"])
        #expect(file.events.map(\.component) == ["", ""])
    }

    /// Place, value and what was expected; all good rows around it are taken.
    @Test(
        arguments: [
            ("tomorrow,P-1,b,repair,,,", "time", "tomorrow", "RFC 3339"),
            ("9223372036854775807,P-1,b,repair,,,", "time", "9223372036854775807", "nanoseconds"),
            ("1,,b,repair,,,", "device", "", "the name of a device"),
            ("1,P-1,b,fixed,,,", "event", "fixed", "failure, retired, inspection, repair"),
            ("1,P-1,b,repair,,cheap,", "cost", "cheap", "a number that is not negative"),
            ("1,P-1,b,repair,,-1,", "cost", "-1", "a number that is not negative"),
            ("1,P-1,b,repair,,nan,", "cost", "nan", "a number that is not negative"),
            ("1,P-1,b,repair", "", "1,P-1,b,repair", "7 fields, found 4"),
            ("1,P-1,b,repair,,,\"open", "", "1,P-1,b,repair,,,\"open", "a comma or the end"),
            ("1,P-1,b,re\"pair,,,", "", "1,P-1,b,re\"pair,,,", "in quotes"),
            ("1,P-1,\"b\"x,repair,,,", "", "1,P-1,\"b\"x,repair,,,", "behind a closing quote"),
        ])
    func aBadRowCostsOnlyItself(
        _ row: String, _ column: String, _ value: String, _ expected: String
    ) throws {
        let file = read(
            Self.header + "1,P-1,b,repair,,,\n\(row)\n2,P-2,\"b\",repair,,,\n3,P-3,b,repair,,,\n")
        #expect(file.events.map(\.device) == ["P-1", "P-2", "P-3"])
        let refusal = try #require(file.refusals.first)
        #expect(file.refusals.count == 1)
        #expect(refusal.line == 3)
        #expect(refusal.column == column)
        #expect(refusal.value == value)
        #expect(refusal.expected.contains(expected), "\(refusal.expected)")
    }

    @Test func whatIsNoTextIsRefused() {
        let bytes =
            Array((Self.header + "1,P-").utf8) + [0xFF]
            + Array(",b,repair,,,\n2,P-2,,repair,,,\n".utf8)
        let file = MaintenanceFile(bytes)
        #expect(file.events.map(\.device) == ["P-2"])
        #expect(file.refusals.map(\.line) == [2])
        #expect(file.refusals.map(\.expected) == ["UTF-8"])
    }

    /// A quote that nobody closes is looked for in the record's longest length, not in the file.
    @Test func aQuoteThatNobodyClosesTakesNoOtherRow() {
        let good = (0..<4_000).map { "\($0),P-\($0),bearing,repair,,,\n" }
        let file = read(Self.header + "1,P,b,repair,,,\"open\n" + good.joined())
        #expect(file.events.count == good.count)
        #expect(file.refusals.map(\.line) == [2])
        #expect(file.refusals.map(\.expected) == ["a closed quote, and at most 65536 bytes"])
    }

    @Test func longTextsAreRefused() {
        let long = String(repeating: "x", count: 4_097)
        let file = read(
            Self.header + "1,P-1,\(long),repair,,,\n1,P-1,,repair,,,\(long)\n"
                + "1,P-1,,repair,\(long),,\n1,\(long),,repair,,,\n")
        #expect(file.events == [])
        #expect(file.refusals.map(\.column) == ["component", "note", "part", "device"])
        #expect(file.refusals[0].expected == "at most 256 bytes")
        #expect(file.refusals[1].expected == "at most 4096 bytes")
        #expect(file.refusals[1].description.utf8.count < 200)
    }

    /// Without a header nobody knows what the columns mean.
    @Test(
        arguments: [
            ("", "line 1: \"\" - expected the header time,device,component,event,part,cost,note"),
            (
                "time,device,event,colour\n1,P-1,repair,red\n",
                "line 1, colour: \"colour\" - expected one of the columns "
                    + "time,device,component,event,part,cost,note"
            ),
            ("time,device\n1,P-1\n", "line 1, event: \"\" - expected a column of this name"),
            (
                "time,device,event,time\n1,P-1,repair,2\n",
                "line 1, time: \"time\" - expected every column once"
            ),
        ])
    func aHeaderThatCannotBeReadRefusesAll(_ text: String, _ sentence: String) {
        let file = read(text)
        #expect(!file.hasHeader)
        #expect(file.events == [])
        #expect(file.refusals.map(\.description) == [sentence])
    }

    @Test func eventsOfOneInstantAreTakenEndsFirst() {
        func event(_ kind: MaintenanceEvent.Kind) -> MaintenanceEvent {
            MaintenanceEvent(time: Timestamp(nanoseconds: 1), device: "P-1", kind: kind)
        }
        let shuffled: [MaintenanceEvent.Kind] = [.commissioned, .repair, .failure, .replacement]
        #expect(
            shuffled.map(event).sorted().map(\.kind)
                == [.failure, .repair, .replacement, .commissioned])
    }
}
