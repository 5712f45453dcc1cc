import Testing

extension EndToEndTests {
    /// Equal input gives equal output, to the byte, whatever the seeds of hashes, the sizes of
    /// blocks and datagrams, and the order in which devices take turns.
    @Suite struct DeterminismTests {
        @Test(arguments: SampleRecording.allCases)
        func replayingTwiceGivesEqualFiles(_ recording: SampleRecording) throws {
            let first = try ResultFiles.replay(recording.path)
            #expect(splitLines(first.scores).count > 1_000)
            let second = try ResultFiles.replay(recording.path)
            // Whole files would make an unreadable message.
            #expect(first.tickets == second.tickets)
            #expect(first.scores == second.scores, "scores differ")
            #expect(first.prognoses == second.prognoses, "prognoses differ")
        }

        @Test(arguments: SampleRecording.allCases)
        func piecesOfAnySizeGiveEqualFiles(_ recording: SampleRecording) throws {
            let lines = try recording.lines
            let whole = try ResultFiles.replay(recording.path)
            for pieces in [331, 4_096, 1_000_003] {
                let pieced = try ResultFiles.replay(lines, pieces: pieces)
                #expect(pieced == whole, "pieces of \(pieces) bytes")
            }
        }

        /// What each device gets that has the program to itself, put together and sorted.
        static let alone = Result {
            let alone = try SampleRecording.devices.get().map { try ResultFiles.replay($0) }
            return ResultFiles(
                tickets: alone.map(\.tickets).joined(),
                scores: withoutRepeatedHeader(alone.map(\.scores)),
                prognoses: withoutRepeatedHeader(alone.map(\.prognoses))
            ).sorted.aboutWear
        }

        @Test(arguments: Interleaving.allCases)
        func devicesMayTakeTurnsInAnyOrder(_ interleaving: Interleaving) throws {
            let expected = try Self.alone.get()
            let together = try ResultFiles.replay(
                interleaving.merge(try SampleRecording.devices.get())
            ).aboutWear
            // Devices take turns in the file; the changes of one ticket stay in their order.
            #expect(Self.byTicket(together.tickets) == Self.byTicket(expected.tickets))
            let sorted = together.sorted
            #expect(sorted.scores == expected.scores, "scores differ")
            #expect(sorted.prognoses == expected.prognoses, "prognoses differ")
        }

        @Test func filesMayComeInAnyOrder() throws {
            let files = SampleRecording.allCases.map(\.path)
            let together = try ResultFiles.replay(
                files[4], files[3], files[2], files[1], files[0])
            #expect(together.sorted.aboutWear == (try Self.alone.get()), "results differ")
        }

        struct Transmission: Sendable, CustomTestStringConvertible {
            var interleaving: Interleaving
            /// Whole lines are put into datagrams up to this size; 1 is one line each.
            var datagramBytes: Int
            var testDescription: String { "\(interleaving), datagrams of \(datagramBytes) bytes" }
        }

        static let transmissions = [
            Transmission(interleaving: .oneAfterTheOther, datagramBytes: 1),
            Transmission(interleaving: .byTime, datagramBytes: 1_400),
            Transmission(interleaving: .byTimeBackwards, datagramBytes: 9_000),
            Transmission(interleaving: .theOtherWayRound, datagramBytes: 30_000),
        ]

        @Test(arguments: transmissions)
        func theDaemonDeliversWhatReplayWrites(_ transmission: Transmission) throws {
            let expected = try Self.alone.get()
            let lines = transmission.interleaving.merge(try SampleRecording.devices.get())
            let directory = try TemporaryDirectory()
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let sender = try DatagramSender(port: daemon.ports[0])
            try sender.send(lines, datagramBytes: transmission.datagramBytes)
            let ending = try daemon.stop()
            #expect(ending.code == 0)
            #expect(ending.totals["kernel_drops"] == 0)
            #expect(ending.totals["lines"] == lines.count)
            #expect(ending.totals["refused"] == 0)
            let delivered = try Spool.documents(in: directory, state: "state")
                .filter { !ResultFiles.isAboutSilence($0) }
            #expect(delivered == splitLines(expected.tickets).sorted())
            #expect(!delivered.isEmpty)
        }

        /// The program's own sender, with several recordings in one command.
        @Test func sendingDeliversWhatReplayWrites() throws {
            let expected = try ResultFiles.replay(SampleRecording.bearingWear.path)
            let directory = try TemporaryDirectory()
            let daemon = try RunningDaemon(in: directory, state: directory("state"))
            let sent = try ForestallProgram.run(
                "send", SampleRecording.bearingWear.path, "--udp", "127.0.0.1:\(daemon.ports[0])",
                "--rate", "5000")
            #expect(sent.code == 0)
            let count = try SampleRecording.bearingWear.lines.count
            #expect(sent.errors.hasPrefix("sent \(count) lines, "))
            let ending = try daemon.stop()
            let lost = try #require(ending.totals["kernel_drops"])
            try #require(lost == 0, "this machine is too busy for the rate")
            #expect(ending.totals["lines"] == count)
            let delivered = try Spool.documents(in: directory, state: "state")
            #expect(delivered == splitLines(expected.tickets).sorted())
        }

        /// Lines by what stands in front of the revision: `{"id":"` and 16 digits.
        private static func byTicket(_ tickets: String) -> [Substring: [String]] {
            Dictionary(grouping: splitLines(tickets)) { $0.prefix(23) }
        }

        private static func withoutRepeatedHeader(_ files: [String]) -> String {
            files.enumerated().map { place, text in
                place == 0 ? text : String(text.drop { $0 != "\n" }.dropFirst())
            }.joined()
        }
    }
}
