import Foundation
import Testing

extension EndToEndTests {
    /// `forestall parse`: what comes out for what goes in, to the byte.
    @Suite struct ParseCommandTests {
        typealias Field = (name: String, type: String, value: String)

        /// A record, and what `parse` says about it after `"ok":`.
        struct Case: Sendable, CustomTestStringConvertible {
            let record: String
            let answer: String
            var testDescription: String { record.debugDescription }
        }

        static func good(
            _ record: String, measurement: String = "m", tags: String = "", _ fields: Field...,
            at time: String = "null"
        ) -> Case {
            let members = fields.map { field in
                #""\#(field.name)":{"type":"\#(field.type)","value":\#(field.value)}"#
            }
            let texts = [
                #"true,"measurement":"\#(measurement)","tags":{\#(tags)},"fields":{"#,
                members.joined(separator: ","), #"},"timestamp":\#(time)}"#,
            ]
            return Case(record: record, answer: texts.joined())
        }

        static func bad(_ record: String, column: Int, _ sentence: String) -> Case {
            Case(record: record, answer: #"false,"column":\#(column),"error":"\#(sentence)"}"#)
        }

        static let goodCases: [Case] = [
            good("m v=1.5 17", ("v", "float", "1.5"), at: "17"),
            good("m v=1", ("v", "float", "1")),
            good("m v=-0.25e2 -5", ("v", "float", "-25"), at: "-5"),
            good("m v=0.1", ("v", "float", "0.1")),
            good("m v=.5,w=5.", ("v", "float", "0.5"), ("w", "float", "5")),
            good("m v=1e300", ("v", "float", "1e+300")),
            good("m v=9007199254740993", ("v", "float", "9007199254740992")),
            good("m v=9223372036854775807i", ("v", "integer", "9223372036854775807")),
            good("m v=-9223372036854775808i", ("v", "integer", "-9223372036854775808")),
            good("m v=18446744073709551615u", ("v", "unsigned", "18446744073709551615")),
            good("m v=t,w=F", ("v", "boolean", "true"), ("w", "boolean", "false")),
            good("m v=true,w=FALSE", ("v", "boolean", "true"), ("w", "boolean", "false")),
            good(#"m v="text" 1"#, ("v", "string", #""text""#), at: "1"),
            good(#"m v="a \"b\" \\ c""#, ("v", "string", #""a \"b\" \\ c""#)),
            good("m v=\"\t\u{1}\"", ("v", "string", #""\t\u0001""#)),
            good("m v=\"\"", ("v", "string", "\"\"")),
            good("m,a=b,c=d v=1", tags: #""a":"b","c":"d""#, ("v", "float", "1")),
            good(
                #"m\ x,k\,1=v\=2 f\ g=1"#, measurement: "m x", tags: #""k,1":"v=2""#,
                ("f g", "float", "1")),
            good("m v=1,v=2i", ("v", "integer", "2")),
            good("  m  v=1  17 ", ("v", "float", "1"), at: "17"),
            good(
                "überdruck,ort=süd wert=1\r", measurement: "überdruck", tags: #""ort":"süd""#,
                ("wert", "float", "1")),
            good("m v=1 9223372036854775807", ("v", "float", "1"), at: "9223372036854775807"),
        ]

        static let badCases: [Case] = [
            bad(
                ",a=b v=1", column: 1,
                "The record has no measurement name; start it with one, as in `pump value=1`."),
            bad(
                "m,=b v=1", column: 3,
                "A tag has no key; write tags as `,key=value` without spaces."),
            bad(
                "m,a v=1", column: 4,
                #"A tag has no `=`; write tags as `,key=value` and put `\\` before spaces in names."#
            ),
            bad("m,a= v=1", column: 5, "A tag has no value; leave the tag out or give it a value."),
            bad(
                "m,a=b=c v=1", column: 6, #"A tag value contains a bare `=`; write it as `\\=`."#),
            bad(
                "m,a=b", column: 6,
                "The record has no fields; add a space and at least one `key=value`."),
            bad(
                "m =1", column: 3,
                "A field has no key; write fields as `key=value,key=value` without spaces."),
            bad("m v", column: 4, "A field has no `=`; write fields as `key=value`."),
            bad(
                "m v=", column: 5, "A field has no value; leave the field out or give it a value."),
            bad(
                "m v=1,", column: 7,
                "A field has no key; write fields as `key=value,key=value` without spaces."),
            bad(
                "m v=abc", column: 5,
                "A field value is no number, boolean or quoted text; put text in double quotes."),
            bad(
                "m v='x'", column: 5,
                "A field value is in single quotes; put text in double quotes."),
            bad(
                "m v=1.2.3", column: 5,
                "A field value is not a readable number; write `1.5`, `15i`, `15u` or `1.5e3`."),
            bad(
                "m v=+1", column: 5,
                "A field value is not a readable number; write `1.5`, `15i`, `15u` or `1.5e3`."),
            bad(
                "m v=NaN", column: 5,
                "A field value is NaN or infinite; leave the field out when there is no reading."),
            bad(
                "m v=1e999", column: 5,
                "A number is too large for a 64-bit float; send at most about 1.8e308."),
            bad(
                "m v=9223372036854775808i", column: 5,
                "An integer is outside -2^63 to 2^63-1; send it as a float or as unsigned `u`."),
            bad(
                "m v=-1u", column: 5,
                "An unsigned integer is negative or above 2^64-1; send it as a float."),
            bad(
                #"m v="x"y"#, column: 8,
                #"Something follows a closing quote; write quotes inside a text as `\\\"`."#),
            bad(
                "m v=1 12x", column: 7,
                #"The timestamp is not a whole number; put `\\` before spaces in names and quote "#
                    + "text."),
            bad(
                "m v=1 99999999999999999999", column: 7,
                "The timestamp does not fit 64 bits; check the precision of the sender."),
            bad(
                "m v=1 1 2", column: 9, "Something follows the timestamp; send one record a line."),
            bad(
                #"m v="abc"#, column: 5,
                #"A quoted text has no closing quote; close it with `\"` and write inner ones as "#
                    + #"`\\\"`."#),
        ]

        static func expected(_ cases: [Case]) -> [String] {
            cases.enumerated().map { place, each in "{\"line\":\(place + 1),\"ok\":\(each.answer)" }
        }

        static func check(
            _ cases: [Case], code: Int32, errors: String,
            _ run: (String) throws -> ForestallProgram.Outcome,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let directory = try TemporaryDirectory()
            let text = cases.map(\.record).joined(separator: "\n") + "\n"
            let outcome = try run(try directory.write(text, to: "input.lp"))
            let answers = expected(cases)
            #expect(outcome.lines.count == answers.count, sourceLocation: sourceLocation)
            for (answer, line) in zip(answers, outcome.lines) {
                #expect(line == answer, sourceLocation: sourceLocation)
            }
            #expect(outcome.errors == errors, sourceLocation: sourceLocation)
            #expect(outcome.code == code, sourceLocation: sourceLocation)
        }

        @Test func goodRecordsOfAFile() throws {
            try Self.check(Self.goodCases, code: 0, errors: "") {
                try ForestallProgram.run("parse", $0)
            }
        }

        @Test func goodRecordsOfStandardInput() throws {
            try Self.check(Self.goodCases, code: 0, errors: "") {
                try ForestallProgram.run("parse", input: $0)
            }
            try Self.check(Self.goodCases, code: 0, errors: "") {
                try ForestallProgram.run("parse", "-", input: $0)
            }
        }

        @Test func badRecordsOfAFile() throws {
            let count = Self.badCases.count
            try Self.check(
                Self.badCases, code: 65,
                errors: "forestall: \(count) of \(count) records refused\n"
            ) { try ForestallProgram.run("parse", $0) }
        }

        @Test func goodAndBadRecordsOfAGzipFile() throws {
            let cases = zip(Self.goodCases, Self.badCases).flatMap { [$0, $1] }
            // Without the last one, whose open quote would swallow a record behind it.
            let count = cases.count - 1
            try Self.check(
                cases.dropLast(), code: 65,
                errors: "forestall: \(count / 2) of \(count) records refused\n"
            ) { path in
                #expect(try ForestallProgram.run("/bin/sh", ["-c", "gzip '\(path)'"]).code == 0)
                return try ForestallProgram.run("parse", path + ".gz")
            }
        }

        @Test func linesAreCountedThroughTextsBlankLinesAndComments() throws {
            let directory = try TemporaryDirectory()
            let text = """
                m v="first
                second
                third",w=1 1

                # comment, with a quote "
                  # another one

                m v=2 2
                m v="never closed 3
                m v=4 4
                wrong
                m v=5 5
                """
            let outcome = try ForestallProgram.run(
                "parse", try directory.write(text, to: "input.lp"))
            #expect(outcome.lines.first?.contains(#""value":"first\nsecond\nthird""#) == true)
            let starts = [
                #"{"line":1,"ok":true"#, #"{"line":8,"ok":true"#, #"{"line":9,"ok":false"#,
                #"{"line":10,"ok":true"#, #"{"line":11,"ok":false"#, #"{"line":12,"ok":true"#,
            ]
            #expect(outcome.lines.count == starts.count)
            for (start, line) in zip(starts, outcome.lines) {
                #expect(line.hasPrefix(start + ","), "\(line)")
            }
            #expect(outcome.code == 65)
        }

        @Test func emptyInputIsFine() throws {
            for text in ["", "\n", "\n\n# nothing\n"] {
                let directory = try TemporaryDirectory()
                let outcome = try ForestallProgram.run(
                    "parse", try directory.write(text, to: "input.lp"))
                #expect(outcome.output.isEmpty && outcome.errors.isEmpty && outcome.code == 0)
            }
        }

        @Test func bytesThatAreNoTextBecomeReplacementCharacters() throws {
            let directory = try TemporaryDirectory()
            let bytes = Data("m v=\"x".utf8) + Data([0xFF, 0xFE]) + Data("y\"\n".utf8)
            let outcome = try ForestallProgram.run(
                "parse", try directory.write(bytes, to: "input.lp"))
            let fields = #""fields":{"v":{"type":"string","value":"x\#u{FFFD}\#u{FFFD}y"}}"#
            #expect(
                outcome.output
                    == #"{"line":1,"ok":true,"measurement":"m","tags":{},"# + fields
                    + #","timestamp":null}"# + "\n")
            #expect(outcome.code == 0)
        }
    }
}
