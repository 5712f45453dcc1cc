import Testing

// Bad texts about listeners.
extension ConfigurationProblemTests {
    static let listener = "[listener.a]\ntransport = \"udp\"\naddress = \"127.0.0.1:8096\"\n"

    @Test func listeners() {
        check(Self.listener, "")
        check(
            "[listener.a]\n",
            """
            f.toml:1: listener.a has no transport; add transport = "udp", "tcp", "unixgram", "unix" \
            or "http"
            f.toml:1: listener.a has no address; add address = "127.0.0.1:8096"
            """)
        check(
            Self.listener + "precision = \"mS\"",
            "f.toml:4: listener.a.precision = \"mS\" is unknown, did you mean \"ms\"; expected one "
                + "of \"auto\", \"h\", \"m\", \"s\", \"ms\", \"us\", \"ns\"")
        check(
            "[listener.a]\ntransport = \"quic\"\naddress = \"127.0.0.1\"",
            """
            f.toml:2: listener.a.transport = "quic" is unknown; expected one of "udp", "tcp", \
            "unixgram", "unix", "http"
            f.toml:3: listener.a.address = "127.0.0.1" is not an address; expected "HOST:PORT" such \
            as "127.0.0.1:8094" or "[::1]:8094"
            """)
        check(
            Self.listener + "presicion = \"ms\"",
            "f.toml:4: unknown key listener.a.presicion; did you mean precision?")
        check(
            "listener = 3",
            "f.toml:1: listener = 3 is a whole number; expected tables, one per listener: "
                + "[listener.NAME]")
        check(
            "intake.maximum_connections = 0",
            "f.toml:1: intake.maximum_connections = 0 is out of range; expected a whole number "
                + "from 1 to 65536")
    }

    static let web = "[listener.a]\ntransport = \"http\"\naddress = \"127.0.0.1:8096\"\n"

    @Test func filesOfListeners() {
        check(Self.web + "token_file = \"t\"\ntls_certificate = \"c\"\ntls_key = \"k\"", "")
        check(
            Self.web + "tls_certificate = \"c\"",
            "f.toml:4: listener.a.tls_certificate = \"c\" has no key; add tls_key")
        check(
            Self.web + "tls_key = \"k\"",
            "f.toml:4: listener.a.tls_key = \"k\" has no certificate; add tls_certificate")
        check(
            Self.listener + "token_file = \"t\"",
            "f.toml:4: listener.a.token_file = \"t\" has no meaning with transport = \"udp\"; "
                + "remove it")
        check(
            Self.listener + "tls_certificate = \"c\"\ntls_key = \"k\"",
            """
            f.toml:4: listener.a.tls_certificate = "c" has no meaning with transport = "udp"; \
            remove it
            f.toml:5: listener.a.tls_key = "k" has no meaning with transport = "udp"; remove it
            """)
        check(
            Self.web + "multicast = \"239.1.2.3\"",
            "f.toml:4: listener.a.multicast = \"239.1.2.3\" has no meaning with transport = "
                + "\"http\"; remove it")
        check(
            "[listener.a]\ntransport = \"http\"\naddress = \"127.0.0.1:8095\"\n",
            "f.toml:3: listener.a.address = \"127.0.0.1:8095\" is the default of intake.http too; "
                + "choose another address or set intake.http = []")
    }

    static let local = "[listener.a]\ntransport = \"unixgram\"\npath = \"/run/f.sock\"\n"
    static let group =
        "[listener.a]\ntransport = \"udp\"\naddress = \"0.0.0.0:8096\"\n"
        + "multicast = \"239.1.2.3\"\n"

    @Test func unixSockets() {
        check(Self.local + "mode = \"0600\"\nowner = \"root:dialout\"\n", "")
        check(
            "[listener.a]\ntransport = \"unix\"\n",
            "f.toml:1: listener.a has no path; add path = \"/run/forestall/lines.sock\"")
        check(
            Self.local + "address = \"127.0.0.1:8096\"\nallow = [\"::1\"]\n",
            """
            f.toml:4: listener.a.address = "127.0.0.1:8096" has no meaning with transport = \
            "unixgram"; remove it
            f.toml:5: listener.a.allow = ["::1"] has no meaning with transport = "unixgram"; remove it
            """)
        check(
            Self.listener + "mode = \"0660\"",
            "f.toml:4: listener.a.mode = \"0660\" has no meaning with transport = \"udp\"; remove it"
        )
        check(
            Self.local + "mode = \"0888\"",
            "f.toml:4: listener.a.mode = \"0888\" is not a file's permissions; expected permissions "
                + "such as \"0660\"")
        check(
            Self.local + "mode = 660",
            "f.toml:4: listener.a.mode = 660 is a whole number; expected permissions such as "
                + "\"0660\"")
        check(
            Self.local.replacing("/run", with: "run"),
            "f.toml:3: listener.a.path = \"run/f.sock\" is not an absolute path; expected the path of "
                + "a socket such as \"/run/forestall/lines.sock\"")
        check(
            Self.local + Self.local.replacing(".a]", with: ".b]").replacing("gram", with: ""),
            "f.toml:6: listener.b.path = \"/run/f.sock\" is the path of listener.a too; a path can be "
                + "listened on once")
    }

    @Test func multicast() {
        check(Self.group + "interface = \"eth0\"", "")
        check(
            Self.group.replacing("239.1.2.3", with: "10.1.2.3"),
            "f.toml:4: listener.a.multicast = \"10.1.2.3\" is not a multicast group; expected a "
                + "multicast group such as \"239.1.2.3\" or \"ff05::114\"")
        check(
            Self.group.replacing("0.0.0.0", with: "127.0.0.1"),
            "f.toml:3: listener.a.address = \"127.0.0.1:8096\" does not receive the group 239.1.2.3; "
                + "expected \"0.0.0.0:PORT\"")
        check(
            Self.group.replacing("239.1.2.3", with: "ff05::114"),
            "f.toml:3: listener.a.address = \"0.0.0.0:8096\" does not receive the group ff05::114; "
                + "expected \"[::]:PORT\"")
        check(
            Self.listener + "interface = \"eth0\"",
            "f.toml:4: listener.a.interface = \"eth0\" has no meaning without multicast; add the group"
        )
        check(
            Self.group.replacing("udp", with: "tcp"),
            "f.toml:4: listener.a.multicast = \"239.1.2.3\" has no meaning with transport = \"tcp\"; "
                + "remove it")
    }

    @Test func whoMaySendAndWhatIsAdded() {
        check(Self.listener + "allow = [\"10.0.0.0/8\", \"::1\", \"192.168.1.7\"]", "")
        for block in ["10.0.0.0/33", "10.0.0.1/8", "gateway", "10.0.0.0/", "::/129", "/8"] {
            check(
                Self.listener + "allow = [\"::1\", \"\(block)\"]",
                "f.toml:4: listener.a.allow[1] = \"\(block)\" is not an address block; expected an "
                    + "address or block such as \"10.0.0.0/8\", \"192.168.1.7\" or \"2001:db8::/32\""
            )
        }
        check(
            Self.listener + "tags = [\"site=north\", \"south\"]",
            "f.toml:4: listener.a.tags[1] = \"south\" is no tag; expected \"key=value\", such as "
                + "\"site=north\"")
    }

    @Test func addressesTakenTwice() {
        check(
            "[listener.a]\ntransport = \"udp\"\naddress = \"127.0.0.1:8094\"",
            "f.toml:3: listener.a.address = \"127.0.0.1:8094\" is the default of intake.udp too; "
                + "choose another address or set intake.udp = []")
        check(
            "intake.tcp = [\"127.0.0.1:8096\"]\n"
                + "[listener.a]\ntransport = \"tcp\"\naddress = \"127.0.0.1:8096\"",
            "f.toml:4: listener.a.address = \"127.0.0.1:8096\" is in intake.tcp too; remove it in "
                + "one of the two places")
        let other = Self.listener.replacing("[listener.a]", with: "[listener.b]")
        check(
            Self.listener + other,
            "f.toml:6: listener.b.address = \"127.0.0.1:8096\" is the address of listener.a too; "
                + "an address can be listened on once")
        // Another transport is another place, and port 0 is never the same one.
        check(Self.listener + other.replacing("udp", with: "tcp"), "")
        check((Self.listener + other).replacing("8096", with: "0"), "")
    }
}
