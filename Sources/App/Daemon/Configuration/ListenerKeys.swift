import Intake

/// Keys of `[listener.NAME]`.
enum ListenerKeys {
    static let all: [ConfigurationKey<ListenerSettings>] = placeKeys + lineKeys + secretKeys

    private static let placeKeys: [ConfigurationKey<ListenerSettings>] = [
        key(
            "transport", \.transport, .choice, defaultText: "required",
            "How lines come: as datagrams (udp, unixgram), as a stream (tcp, unix) or in "
                + "requests (http)."),
        key(
            "address", \.address, .address, defaultText: "required",
            "Where to listen; port 0 lets the kernel choose. Unix sockets have a path instead."),
        key(
            "path", \.path, .socketPath, defaultText: "none",
            "Where a Unix socket is made; one that a dead process left there is replaced."),
        key(
            "mode", \.mode, .fileMode,
            "Permissions of a Unix socket; who may write to it may send."),
        key(
            "owner", \.owner, .line(), defaultText: "the daemon's user and group",
            "Owner of a Unix socket, as `user:group`, `user` or `:group`."),
        key(
            "multicast", \.multicast, .multicastGroup, defaultText: "none",
            "Group whose datagrams are received at the port of `address`, which is 0.0.0.0 or "
                + "[::] then."),
        key(
            "interface", \.interface, .line(), defaultText: "chosen by the kernel",
            "Network interface on which the group is joined."),
    ]

    private static let lineKeys: [ConfigurationKey<ListenerSettings>] = [
        key(
            "precision", \.precision, .choice,
            "What timestamps count; auto is nanoseconds, and what cannot be nanoseconds is "
                + "read as what it fits, counted and warned about."),
        key(
            "tags", \.tags, .names(),
            "Tags of every line that does not carry them, as `key=value`."),
        key(
            "default_identity", \.defaultIdentity, .line(), defaultText: "that of the gateway",
            "Device of lines without any identity tag."),
        key(
            "allow", \.allow, .addressRanges,
            "Who may send, as addresses or blocks; others are refused and counted. An empty list "
                + "lets everybody."),
        key(
            "lines_per_second", \.linesPerSecond, ValueForm<Int>.whole(0...10_000_000).optional,
            unit: "lines", defaultText: "`intake.lines_per_second`",
            "Lines taken from one sender in a second; 0 takes all."),
    ]

    private static let secretKeys: [ConfigurationKey<ListenerSettings>] = [
        key(
            "token_file", \.tokenFile, .line(), defaultText: "none: everybody may write",
            "File with tokens, one a line, one of which a request over http must carry; a name "
                + "without a folder is looked for in `$CREDENTIALS_DIRECTORY` first."),
        key(
            "tls_certificate", \.tlsCertificate, .line(), defaultText: "none: no TLS",
            "PEM file with the certificate and those between it and its authority; tcp and http "
                + "speak TLS then. A name without a folder as for `token_file`."),
        key(
            "tls_key", \.tlsKey, .line(), defaultText: "none",
            "PEM file with the private key of `tls_certificate`, likewise."),
    ]

    private static func key<Value>(
        _ name: String, _ target: Target<ListenerSettings, Value>, _ form: ValueForm<Value>,
        unit: String = "", defaultText: String? = nil, _ summary: String
    ) -> ConfigurationKey<ListenerSettings> {
        ConfigurationKey(
            name, target, form, in: ConfigurationSchema.listenerSection,
            standard: ListenerSettings(), unit: unit, defaultText: defaultText, summary)
    }
}
