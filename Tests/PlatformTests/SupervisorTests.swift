import Foundation
import Platform
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct SupervisorTests {
    private static func supervisor(_ more: [String: String], process: Int32 = 7) -> Supervisor? {
        Supervisor(
            environment: ["NOTIFY_SOCKET": "/nowhere"].merging(more) { $1 }, process: process)
    }

    @Test func nobodyListens() {
        #expect(Supervisor(environment: [:]) == nil)
        #expect(Supervisor(environment: ["NOTIFY_SOCKET": ""]) == nil)
        #expect(Supervisor(environment: ["WATCHDOG_USEC": "1000"]) == nil)
    }

    @Test(
        arguments: [
            ([:], nil),
            (["WATCHDOG_USEC": "60000000"], 60_000_000_000),
            (["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "7"], 60_000_000_000),
            (["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "8"], nil),
            (["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": ""], nil),
            (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "-1"], nil),
            (["WATCHDOG_USEC": "a minute"], nil),
            (["WATCHDOG_USEC": "18446744073709551615"], .max),
            (["WATCHDOG_PID": "7"], nil),
        ] as [([String: String], UInt64?)])
    func theWatchdogsPatience(_ variables: [String: String], _ expected: UInt64?) {
        #expect(Self.supervisor(variables)?.patience == expected)
    }

    @Test(arguments: [false, true])
    func wordsArrive(isAbstract: Bool) throws {
        let directory = try TemporaryDirectory()
        let name = isAbstract ? "@forestall-" + UUID().uuidString : directory.path + "/notify"
        let socket = try #require(NotificationSocket(name))
        let supervisor = try #require(Self.supervisor(["NOTIFY_SOCKET": name]))
        try supervisor.tell(.ready, status: "Listening")
        try supervisor.tell(.alive)
        try supervisor.tell(.stopping, status: "two\nlines")
        #expect(socket.next() == "READY=1\nSTATUS=Listening")
        #expect(socket.next() == "WATCHDOG=1")
        #expect(socket.next() == "STOPPING=1\nSTATUS=two lines")
    }

    @Test(arguments: [
        (
            "notify",
            "cannot notify notify: not the path or name of a Unix socket - set NOTIFY_SOCKET to a "
                + "path from / or to @ and a name, or unset it"
        ),
        (
            "@",
            "cannot notify @: not the path or name of a Unix socket - set NOTIFY_SOCKET to a path "
                + "from / or to @ and a name, or unset it"
        ),
        ("/nowhere/notify", "cannot notify /nowhere/notify: no such file or directory"),
        ("@forestall-nobody", "cannot notify @forestall-nobody: connection refused"),
    ])
    func refusals(_ name: String, _ sentence: String) throws {
        let supervisor = try #require(Self.supervisor(["NOTIFY_SOCKET": name]))
        do throws(SystemFailure) {
            try supervisor.tell(.ready)
            Issue.record("nothing was refused")
        } catch {
            #expect(error.description == sentence)
        }
    }

    @Test func aNameLongerThanAnAddress() throws {
        let name = "/" + String(repeating: "n", count: 200)
        let supervisor = try #require(Self.supervisor(["NOTIFY_SOCKET": name]))
        #expect(throws: SystemFailure.self) { try supervisor.tell(.ready) }
    }
}
