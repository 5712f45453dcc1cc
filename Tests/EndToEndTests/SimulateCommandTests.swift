import Foundation
import Testing

extension EndToEndTests {
    /// `simulate`: which fleet its options make.
    @Suite struct SimulateCommandTests {
        private static let short = ["--devices", "4", "--days", "1", "--interval", "7200"]

        /// The devices of a fleet, in order of appearance.
        private func devices(_ arguments: String...) throws -> [String] {
            let outcome = try ForestallProgram.run(
                try ForestallProgram.path(), ["simulate"] + Self.short + arguments)
            #expect(outcome.code == 0)
            var names: [String] = []
            for line in outcome.lines {
                let tags = line.split(separator: " ")[0].split(separator: ",")
                let name = String(tags[1].dropFirst("device=".count))
                if !names.contains(name) { names.append(name) }
            }
            return names
        }

        private func refusal(_ arguments: String...) throws -> String {
            let outcome = try ForestallProgram.run(
                try ForestallProgram.path(), ["simulate"] + Self.short + arguments)
            #expect(outcome.code == 64)
            return splitLines(outcome.errors).first ?? ""
        }

        @Test func theFleetIsAMixUnlessAScenarioSaysOtherwise() throws {
            #expect(try devices() == ["P-101", "C-102", "P-103", "F-104"])
            let pumps = ["P-101", "P-102", "P-103", "P-104"]
            #expect(try devices("--scenario", "healthy") == pumps)
            #expect(try devices("--scenario", "bearing-wear:1:48") == pumps)
            #expect(try devices("--scenario", "silent:1") == pumps)
            #expect(
                try devices("--scenario", "belt-slip:1:48")
                    == ["F-101", "F-102", "F-103", "F-104"])
            #expect(
                try devices("--scenario", "air-leak:1:48", "--machines", "fan,pump")
                    == ["C-101", "P-102", "F-103", "P-104"])
            #expect(
                try devices("--machines", "fan", "--first-number", "7")
                    == ["F-7", "F-8", "F-9", "F-10"])
        }

        /// Recordings of other stories stay what they were.
        @Test func onlyAStoryAboutSuctionHasAGauge() throws {
            func fields(_ scenario: String) throws -> Bool {
                let outcome = try ForestallProgram.run(
                    "simulate", "--days", "1", "--devices", "1", "--scenario", scenario)
                return outcome.output.contains("suction_pressure=")
            }
            #expect(try fields("cavitation:1:48"))
            #expect(try !fields("seal-leak:1:48"))
            #expect(try !fields("healthy"))
        }

        @Test func faultsAndRepairsAreChosen() throws {
            let directory = try TemporaryDirectory()
            let outcome = try ForestallProgram.run(
                "simulate", "--devices", "12", "--days", "200", "--interval", "7200",
                "--faults-every", "40", "--faults", "imbalance,seal-leak", "--planned-repairs",
                "1", "--disturbed", "0", "--out", directory("out"))
            #expect(outcome.code == 0)
            #expect(outcome.errors.hasPrefix("12 machines, "))
            #expect(outcome.errors.contains(" lines, 0 failures"))
            let maintenance = try directory.lines("out/maintenance.csv").dropFirst()
            #expect(maintenance.count > 10)
            #expect(
                maintenance.allSatisfy {
                    $0.contains(",impeller,repair,,") || $0.contains(",seal,replacement,SEAL-")
                })
        }

        @Test func whatItDoesNotKnowIsRefused() throws {
            #expect(try refusal("--machines", "pump,boiler").contains("pump,boiler"))
            #expect(try refusal("--faults", "rust").contains("rust"))
            #expect(try refusal("--scenario", "rust:1:2").contains("rust:1:2"))
            #expect(try refusal("--scenario", "air-leak:1").contains("air-leak:1"))
            #expect(
                try refusal("--sites", "5")
                    == "Error: there are 1 to 4 sites")
            #expect(
                try refusal("--disturbed", "1.5")
                    == "Error: planned-repairs and disturbed are shares between 0 and 1")
        }
    }
}
