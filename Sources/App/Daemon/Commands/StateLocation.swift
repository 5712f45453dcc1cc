import Foundation

/// Where the state lives: flag, then `$STATE_DIRECTORY` (set by systemd), then configuration, then
/// `./forestall-state`.
package enum StateLocation {
    package static let fallback = "./forestall-state"

    package static func resolve(
        flag: String?, configured: String?,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String {
        if let flag, !flag.isEmpty { return flag }
        // systemd separates several directories by colons; ours is the first.
        if let given = environment["STATE_DIRECTORY"]?.split(separator: ":").first {
            return String(given)
        }
        return configured ?? fallback
    }
}
