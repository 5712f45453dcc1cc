import Intake
import Platform

/// Checks of listeners that compare several keys.
extension ConfigurationChecks {
    /// Each listener says where and how, has no key that its transport would ignore, and no two are
    /// at one place.
    mutating func checkListeners(_ intake: IntakeSettings) {
        for (index, listener) in intake.listeners.enumerated() {
            let path = ["listener", listener.name]
            checkTags(listener, path)
            if items[path + ["transport"]] == nil {
                let words = ListenerTransport.allCases.map { quoted($0.rawValue) }
                report(
                    path,
                    "\(keyText(path)) has no transport; add transport = "
                        + words.dropLast().joined(separator: ", ") + " or \(words.last ?? "")",
                    withValue: false)
            }
            // Of an unknown transport nobody can say which keys it has.
            guard !refused.contains(path + ["transport"]) else { continue }
            checkKeys(listener, path)
            checkFiles(path)
            checkGroup(listener, path)
            checkPlace(listener, before: intake.listeners[..<index], intake, path)
        }
    }

    /// The keys its transport needs are there, and none that it would ignore.
    private mutating func checkKeys(_ listener: ListenerSettings, _ path: [String]) {
        let isUnix = listener.transport.isUnix
        let (needed, example) =
            isUnix ? ("path", "\"/run/forestall/lines.sock\"") : ("address", "\"127.0.0.1:8096\"")
        if items[path + [needed]] == nil {
            report(
                path, "\(keyText(path)) has no \(needed); add \(needed) = \(example)",
                withValue: false)
        }
        var foreign =
            isUnix
            ? ["address", "multicast", "interface", "allow"] : ["path", "mode", "owner"]
        if !isUnix, listener.transport != .udp { foreign += ["multicast", "interface"] }
        if listener.transport != .http { foreign.append("token_file") }
        if listener.transport != .http, listener.transport != .tcp {
            foreign += ["tls_certificate", "tls_key"]
        }
        for key in foreign where items[path + [key]] != nil {
            report(
                path + [key],
                "has no meaning with transport = "
                    + "\(quoted(listener.transport.rawValue)); remove it")
        }
    }

    /// A certificate is of no use without its key, and the other way round.
    private mutating func checkFiles(_ path: [String]) {
        let (certificate, key) = (path + ["tls_certificate"], path + ["tls_key"])
        if items[certificate] != nil, items[key] == nil {
            report(certificate, "has no key; add tls_key")
        }
        if items[key] != nil, items[certificate] == nil {
            report(key, "has no certificate; add tls_certificate")
        }
    }

    private mutating func checkGroup(_ listener: ListenerSettings, _ path: [String]) {
        guard listener.transport == .udp else { return }
        if !listener.interface.isEmpty, listener.multicast.isEmpty {
            report(path + ["interface"], "has no meaning without multicast; add the group")
        }
        guard let group = NumericAddress(listener.multicast),
            let (host, _) = AddressText.parts(listener.address)
        else { return }
        let wildcard = group.isIPv4 ? "0.0.0.0" : "::"
        guard host != wildcard, host != listener.multicast else { return }
        report(
            path + ["address"],
            "does not receive the group \(listener.multicast); expected "
                + (group.isIPv4 ? "\"0.0.0.0:PORT\"" : "\"[::]:PORT\""))
    }

    private mutating func checkTags(_ listener: ListenerSettings, _ path: [String]) {
        for (index, text) in listener.tags.enumerated() where DeviceDraft.attribute(text) == nil {
            report(
                path + ["tags", "[\(index)]"],
                "is no tag; expected \"key=value\", such as \"site=north\"")
        }
    }

    private mutating func checkPlace(
        _ listener: ListenerSettings, before others: ArraySlice<ListenerSettings>,
        _ intake: IntakeSettings, _ path: [String]
    ) {
        if listener.transport.isUnix {
            guard !listener.path.isEmpty,
                let other = others.first(where: { $0.path == listener.path })
            else { return }
            report(
                path + ["path"],
                "is the path of \(keyText(["listener", other.name])) too; a path can be listened "
                    + "on once")
            return
        }
        let address = AddressText.parts(listener.address)
        guard let address, address.port != 0 else { return }
        let lists = [ListenerTransport.udp: intake.udp, .tcp: intake.tcp, .http: intake.http]
        let list = lists[listener.transport] ?? []
        let key = "intake." + listener.transport.rawValue
        if list.contains(listener.address) {
            report(
                path + ["address"],
                items[["intake", listener.transport.rawValue]] == nil
                    ? "is the default of \(key) too; choose another address or set \(key) = []"
                    : "is in \(key) too; remove it in one of the two places")
        }
        if let other = others.first(where: {
            $0.transport == listener.transport && $0.address == listener.address
                && $0.multicast == listener.multicast
        }) {
            report(
                path + ["address"],
                "is the address of \(keyText(["listener", other.name])) too; an address can be "
                    + "listened on once")
        }
    }
}
