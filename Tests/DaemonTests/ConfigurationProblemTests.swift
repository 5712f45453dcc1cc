import Daemon
import Testing

/// Bad texts and the exact lines people are shown for them.
@Suite struct ConfigurationProblemTests {
    func check(
        _ text: String, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let shown: String
        do throws(ConfigurationFailure) {
            _ = try ConfigurationLoader.parse(text: text, file: "f.toml")
            shown = ""
        } catch {
            shown = error.description
        }
        #expect(shown == expected, sourceLocation: sourceLocation)
    }

    static let signal = "[class.pump.signal.v]\n"

    @Test func unknownKeys() {
        check(
            "[class.pump.signal.vibration_rms]\nalarm_hgih = 4.5\n",
            "f.toml:2: unknown key class.pump.signal.vibration_rms.alarm_hgih; did you mean "
                + "alarm_high?")
        check(
            "[clas.pump]\nwindow = \"10m\"\nlateness = \"1s\"\n",
            "f.toml:1: unknown key clas; did you mean class?")
        check("max_jump = \"1d\"", "f.toml:1: unknown key max_jump; did you mean clock.max_jump?")
        check(
            "[class.pump]\nalarm_high = 3",
            "f.toml:2: unknown key class.pump.alarm_high; did you mean "
                + "class.NAME.signal.FIELD.alarm_high?")
        check(
            "clock.pendulum = 1",
            "f.toml:1: unknown key clock.pendulum; known here are max_jump, max_age, "
                + "amend_for, skewed_stamps, skew_tolerance, tick")
        check(
            "[[class.p.component.c.parts]]\nnumber = \"a\"\nquantiy = 2\n"
                + "[class.p.component.c]\nsignals = [\"v\"]\n[class.p.signal.v]",
            "f.toml:3: unknown key class.p.component.c.parts[0].quantiy; did you mean quantity?")
        check(
            "\n\"state.directory\" = \"/x\"",
            "f.toml:2: unknown key \"state.directory\"; did you mean state.directory?")
        check("\"a\\nb\" = 1", #"f.toml:1: unknown key "a\nb"; known here are "# + Self.topNames)
    }

    @Test func devices() {
        check(
            "[class.pump]\n[device.P-1]\nclass = \"pmup\"\n",
            "f.toml:3: device.P-1.class = \"pmup\" is not a declared class; did you mean "
                + "\"pump\"?")
        check(
            "[device.P-1]\nclass = \"crane\"\n",
            "f.toml:2: device.P-1.class = \"crane\" is not a declared class; declare it with "
                + "[class.crane]")
        check(
            "[device.P-1]\nattributes = [\"site=a\", \"north\"]\n",
            "f.toml:2: device.P-1.attributes[1] = \"north\" is no attribute; expected "
                + "\"key=value\", such as \"site=north\"")
        check(
            "device.P-1 = 3",
            "f.toml:1: device.P-1 = 3 is a whole number; expected a table, [device.NAME], with "
                + "the keys of a device")
    }

    static let topNames =
        "gateway, identity_tags, attribute_tags, class_tag, default_identity, state, log, intake, "
        + "clock, limits, tickets, listener, class, device"

    @Test func wrongTypes() {
        check(
            "tickets.open_risk = \"high\"",
            "f.toml:1: tickets.open_risk = \"high\" is text; expected a number from 0.001 to 1")
        check(
            "gateway = 3",
            "f.toml:1: gateway = 3 is a whole number; expected 1 to 253 letters, digits, dots, "
                + "underscores or hyphens")
        check(
            "limits.devices = 2.5",
            "f.toml:1: limits.devices = 2.5 is a number; expected a whole number from 1 to 1000000")
        check(
            "identity_tags = \"host\"",
            "f.toml:1: identity_tags = \"host\" is text; expected a list of text with at least one "
                + "entry")
        check(
            "class_tag = true",
            "f.toml:1: class_tag = true is a boolean; expected text of one line")
        check("tickets = 3", "f.toml:1: tickets = 3 is a whole number; expected a table, [tickets]")
        check(
            "class = 3",
            "f.toml:1: class = 3 is a whole number; expected tables, one per class: [class.NAME]")
        check(
            "class.pump = 3",
            "f.toml:1: class.pump = 3 is a whole number; expected a table, [class.NAME], with the "
                + "keys of a class")
        check(
            "class.pump.signal.v = 3",
            "f.toml:1: class.pump.signal.v = 3 is a whole number; expected a table, "
                + "[class.pump.signal.NAME], with the keys of a signal")
        check(
            "[class.pump]\nwindow = 1979-05-27",
            "f.toml:2: class.pump.window = 1979-05-27 is a date or time; expected a duration from "
                + "\"1ms\" to \"1d\"")
        check(
            "log.level = {a = 1, b = [true, \"x\"]}",
            "f.toml:1: log.level = {a = 1, b = [true, \"x\"]} is a table; expected one of "
                + Self.levels)
    }

    static let levels =
        #""trace", "debug", "info", "notice", "warning", "error", "critical""#

    @Test func ranges() {
        check(
            "tickets.open_risk = 2",
            "f.toml:1: tickets.open_risk = 2 is out of range; expected a number from 0.001 to 1")
        check(
            "limits.devices = 0",
            "f.toml:1: limits.devices = 0 is out of range; expected a whole number from 1 to "
                + "1000000")
        check(
            Self.signal + "alarm_high = inf",
            "f.toml:2: class.pump.signal.v.alarm_high = inf is not finite; expected a number")
        check(
            Self.signal + "minimum_deviation = -1",
            "f.toml:2: class.pump.signal.v.minimum_deviation = -1 is out of range; expected a "
                + "number of 0 or more")
        check(
            Self.signal + "quantiles = 1",
            "f.toml:2: class.pump.signal.v.quantiles = 1 is a whole number; expected true or false")
        check(
            Self.signal + "kind = \"counter\"\ncrossings_of = 5",
            "f.toml:3: class.pump.signal.v.crossings_of = 5 cannot be counted: a counter passes "
                + "every level once; leave out one of kind and crossings_of")
        check(
            "identity_tags = []",
            "f.toml:1: identity_tags = [] is empty; expected a list of text with at least one entry"
        )
        check(
            "attribute_tags = [\n\"site\",\n\"\",\n\"site\"]",
            """
            f.toml:3: attribute_tags[1] = "" is empty; expected text of one line
            f.toml:4: attribute_tags[2] = "site" is listed twice; remove one of the two
            """)
        check(
            "log.level = \"inof\"",
            "f.toml:1: log.level = \"inof\" is unknown, did you mean \"info\"; expected one of "
                + Self.levels)
        check(
            "class_tag = \"a\\nb\"",
            #"f.toml:1: class_tag = "a\nb" contains a control character or line end; "#
                + "expected text of one line")
        check(
            "gateway = \"a b\"",
            "f.toml:1: gateway = \"a b\" is not a name; expected 1 to 253 letters, digits, dots, "
                + "underscores or hyphens")
        check(
            "[class.p.component.c]\nsignals = [\"v\"]\ncurrency = \"euro\"\n[class.p.signal.v]",
            "f.toml:3: class.p.component.c.currency = \"euro\" is not a currency code; expected a "
                + "currency code of three capital letters such as \"EUR\"")
    }

    @Test func durationsAndSizes() {
        check(
            "clock.tick = 1",
            "f.toml:1: clock.tick = 1 has no unit; expected a duration from \"100ms\" to \"1m\" as "
                + "text, such as \"90s\" or \"1h30m\" (units ms, s, m, h, d, w)")
        check(
            "clock.tick = 1.5",
            "f.toml:1: clock.tick = 1.5 has no unit; expected a duration from \"100ms\" to \"1m\" "
                + "as text, such as \"90s\" or \"1h30m\" (units ms, s, m, h, d, w)")
        check(
            "clock.tick = \"1 s\"",
            "f.toml:1: clock.tick = \"1 s\" is not a duration such as \"90s\" or \"1h30m\" (units "
                + "ms, s, m, h, d, w); expected a duration from \"100ms\" to \"1m\"")
        check(
            "clock.tick = \"1h\"",
            "f.toml:1: clock.tick = \"1h\" is out of range; expected a duration from \"100ms\" to "
                + "\"1m\"")
        check(
            "intake.receive_buffer = 8",
            "f.toml:1: intake.receive_buffer = 8 has no unit; expected a size from \"64KiB\" to "
                + "\"1GiB\" as text, such as \"512KiB\" (units B, KiB, MiB, GiB)")
        check(
            "intake.receive_buffer = \"8MB\"",
            "f.toml:1: intake.receive_buffer = \"8MB\" is not a size such as \"512KiB\" (units B, "
                + "KiB, MiB, GiB); expected a size from \"64KiB\" to \"1GiB\"")
    }

    @Test func addressesAndConditions() {
        check(
            "[intake]\nudp = [\"127.0.0.1:0\",\n  \"localhost\", 3]",
            """
            f.toml:3: intake.udp[1] = "localhost" is not an address; expected "HOST:PORT" such as \
            "127.0.0.1:8094" or "[::1]:8094"
            f.toml:3: intake.udp[2] = 3 is a whole number; expected "HOST:PORT" such as \
            "127.0.0.1:8094" or "[::1]:8094"
            """)
        check(
            "intake.udp = [\"a:1\", \"a:1\"]",
            "f.toml:1: intake.udp[1] = \"a:1\" is listed twice; remove one of the two")
        check(
            "[class.pump]\nrunning = \"current >\"",
            "f.toml:2: class.pump.running = \"current >\" is not a condition; expected "
                + "comparisons such as \"current > 2.0 and speed >= 300\" (with >, >=, <, <= and "
                + "spaces between the words)")
    }

    @Test func operation() {
        check(
            "[class.pump]\nrunning = \"current > 2\"\nload_signal = \"current\"",
            "f.toml:3: class.pump.load_signal = \"current\" is set beside running; keep one of "
                + "the two")
        check(
            "[class.pump]\nidle = \"current > 2\"\nminimum_duration = \"5m\"",
            """
            f.toml:2: class.pump.idle = "current > 2" says nothing without running or load_signal; \
            add one of them, or remove it
            f.toml:3: class.pump.minimum_duration = "5m" says nothing without running or \
            load_signal; add one of them, or remove it
            """)
    }

    @Test func limits() {
        let v = "f.toml:3: class.pump.signal.v"
        check(
            Self.signal + "alarm_high = 4.5\ntrip_high = 4",
            v
                + ".trip_high = 4 is below alarm_high = 4.5; a trip limit lies at or beyond its "
                + "alarm limit")
        check(
            Self.signal + "alarm_low = 1\ntrip_low = 2",
            v + ".trip_low = 2 is above alarm_low = 1; a trip limit lies at or beyond its alarm "
                + "limit")
        check(
            Self.signal + "alarm_high = 4\nalarm_low = 4",
            v + ".alarm_low = 4 is not below alarm_high = 4; no reading would be without alarm")
        check(
            Self.signal + "physical_high = 4\nphysical_low = 5\nalarm_high = 9",
            v + ".physical_low = 5 is not below physical_high = 4; every reading would count as a "
                + "broken sensor")
        check(
            Self.signal + "physical_high = 4\ntrip_high = 5",
            v + ".trip_high = 5 is above physical_high = 4; readings there count as a broken "
                + "sensor, so the limit could never be reached")
        check(
            Self.signal + "physical_low = 4\nalarm_low = 3",
            v + ".alarm_low = 3 is below physical_low = 4; readings there count as a broken "
                + "sensor, so the limit could never be reached")
    }

    @Test func signalNames() {
        check(
            Self.signal + "explained_by = [\"w\", \"v\"]",
            """
            f.toml:2: class.pump.signal.v.explained_by[0] = "w" is not a declared signal of the \
            class; declare it with [class.pump.signal.w]
            f.toml:2: class.pump.signal.v.explained_by[1] = "v" is the signal itself; name other \
            signals
            """)
        check(
            "[class.pump.signal.vibration]\n[class.pump.component.c]\nsignals = [\"vibraton\"]",
            "f.toml:3: class.pump.component.c.signals[0] = \"vibraton\" is not a declared signal "
                + "of the class; did you mean \"vibration\"?")
        check(Self.signal + "[class.pump.component.c]\nsignals = [\"pump.v\"]", "")
        check(
            "[class.pump.component.c]",
            "f.toml:1: class.pump.component.c has no signals; add signals = [\"...\"], the signals "
                + "that speak for it, strongest first")
        check(
            "[class.p.component.telemetry]\nsignals = [\"v\"]\n[class.p.signal.v]",
            "f.toml:1: class.p.component.telemetry cannot be declared: tickets about lost sensors "
                + "use the component telemetry; choose another name")
        check(
            "[class.p.signal.\"\"]",
            "f.toml:1: class.p.signal.\"\" is not a usable name of a signal; expected 1 to 128 "
                + "bytes without control characters")
    }

    @Test func components() {
        let c = "[class.p.signal.v]\n[class.p.component.c]\nsignals = [\"v\"]\n"
        check(
            c + "part = \"x\"\nparts = [{number = \"y\"}]",
            "f.toml:4: class.p.component.c.part = \"x\" is set beside parts; keep parts and move "
                + "the number into it")
        check(
            c + "parts = [{quantity = 0},\n 3]",
            """
            f.toml:4: class.p.component.c.parts[0].quantity = 0 is out of range; expected a whole \
            number from 1 to 10000
            f.toml:4: class.p.component.c.parts[0] = {quantity = 0} has no number; add number = \
            "..."
            f.toml:5: class.p.component.c.parts[1] = 3 is a whole number; expected a table such as \
            {number = "6312-C3", quantity = 2}
            """)
        check(
            c + "parts = \"y\"",
            "f.toml:4: class.p.component.c.parts = \"y\" is text; expected a list of tables such "
                + "as [{number = \"6312-C3\", quantity = 2}]")
        check(
            c + "cost_failure = 100\ncost_planned_repair = 100.5",
            "f.toml:5: class.p.component.c.cost_planned_repair = 100.5 is not below cost_failure = "
                + "100; acting early would never pay")
    }

    @Test func classes() {
        check(
            "[class.pump]\n[class.motor]\nmeasurements = [\"motor\",\n\"pump\"]",
            "f.toml:4: class.motor takes the measurement \"pump\" as class.pump does (f.toml:1); a "
                + "measurement belongs to one class, set measurements in both")
        check(
            "[class.motor]\nmeasurements = [\"pump\"]\n[class.pump]",
            "f.toml:3: class.pump takes the measurement \"pump\", its own name, as class.motor "
                + "does (f.toml:2); a measurement belongs to one class, set measurements in both")
        check("[class.generic]\nwindow = \"5m\"\n[class.generic.signal.v]\nunit = \"V\"", "")
        check(
            "[class.generic]\nmeasurements = [\"a\"]\n[class.generic.component.c]\n"
                + "signals = [\"v\"]\n[class.generic.signal.v]",
            """
            f.toml:2: class.generic.measurements = ["a"] cannot be set: generic is the class of \
            devices no other class claims; declare a class of your own, [class.NAME]
            f.toml:3: class.generic.component.c cannot be declared: devices of the class generic \
            have no known components; declare a class of your own, [class.NAME]
            """)
        check(
            "[class.pump]\nwindow = \"1s\"\nlateness = \"1m\"",
            "f.toml:3: class.pump keeps 128 windows of each signal open with window = \"1s\" and "
                + "lateness = \"1m\"; at most 64 are possible, so lengthen the window or shorten "
                + "the lateness")
        check(
            "[class.pump]\nwindow = \"100ms\"",
            "f.toml:2: class.pump keeps 256 windows of each signal open with window = \"100ms\" "
                + "and lateness = \"10s\"; at most 64 are possible, so lengthen the window or "
                + "shorten the lateness")
        check(
            "[class.pump]\ntick = \"reading\"\nwindow = \"1s\"",
            "f.toml:3: class.pump.window = \"1s\" has no meaning with tick = \"reading\"; remove "
                + "it")
    }

    @Test func syntax() {
        check(
            "gateway = \n",
            "f.toml:1:11: not valid TOML: Error while parsing key-value pair: expected value, saw "
                + "'\\n'")
        check(
            "[log]\nlevel = \"info\"\nlevel = \"info\"",
            "f.toml:3:9: not valid TOML: Error while parsing key-value pair: cannot redefine "
                + "existing string 'level'")
        check(
            "a = 1\nb = \"\\u0000\"",
            "f.toml:2: contains the escape \\u0000, which no key or value may hold; remove it")
        check(
            "a = 1\n\u{0}",
            "f.toml:2: contains a NUL byte, which no key or value may hold; remove it"
        )
    }

    @Test func allAtOnceInOrderOfLines() {
        check(
            "[tickets]\nopen_risk = 7\nrecover = \"1h\"\n[class.pump.signal.v]\nalarm_high = 5\n"
                + "trip_high = 4\n[log]\nlevel = 3",
            """
            f.toml:2: tickets.open_risk = 7 is out of range; expected a number from 0.001 to 1
            f.toml:3: unknown key tickets.recover; did you mean recovery?
            f.toml:6: class.pump.signal.v.trip_high = 4 is below alarm_high = 5; a trip limit lies \
            at or beyond its alarm limit
            f.toml:8: log.level = 3 is a whole number; expected one of \(Self.levels)
            """)
    }

    @Test func longValuesAreShortened() {
        let long = String(repeating: "x", count: 100)
        check(
            "clock.tick = \"\(long)\"",
            "f.toml:1: clock.tick = \"\(long.prefix(56))... is not a duration such as \"90s\" or "
                + "\"1h30m\" (units ms, s, m, h, d, w); expected a duration from \"100ms\" to "
                + "\"1m\"")
    }
}
