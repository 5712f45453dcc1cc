import Foundation
import Logging
import Web

/// What a listener of the web room reads from files when it is made: tokens, certificate, key.
struct WebSecrets {
    /// The files, as the configuration names them; empty for none.
    struct Files: Sendable {
        var tokens = ""
        var certificate = ""
        var key = ""

        init() {}

        init(_ settings: ListenerSettings) {
            tokens = settings.tokenFile
            certificate = settings.tlsCertificate
            key = settings.tlsKey
        }

        var hasTLS: Bool { !certificate.isEmpty }
    }

    private(set) var tokens: AccessTokens?
    private(set) var tls: TLSFiles?

    init(_ files: Files, logger: Logger) throws(CommandFailure) {
        if !files.tokens.isEmpty {
            let path = Self.path(of: files.tokens, logger: logger)
            do throws(AccessTokens.Failure) {
                tokens = try AccessTokens(file: path)
            } catch {
                throw CommandFailure(error.description, .configuration)
            }
        }
        guard files.hasTLS else { return }
        let key = Self.path(of: files.key, logger: logger)
        do throws(TLSFiles.Failure) {
            tls = try TLSFiles(certificate: Self.path(of: files.certificate), key: key)
        } catch {
            throw CommandFailure(error.description, .configuration)
        }
    }

    /// A name without a folder is looked for in `$CREDENTIALS_DIRECTORY` first, where systemd puts
    /// what `LoadCredential=` names, readable for nobody else.
    private static func path(of name: String) -> String {
        guard !name.contains("/"),
            let folder = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"],
            FileManager.default.fileExists(atPath: folder + "/" + name)
        else { return name }
        return folder + "/" + name
    }

    /// The same for a secret: a warning when others than its owner and group may read it.
    private static func path(of name: String, logger: Logger) -> String {
        let path = path(of: name)
        let facts = try? FileManager.default.attributesOfItem(atPath: path)
        if let mode = facts?[.posixPermissions] as? Int, mode & 0o007 != 0 {
            logger.warning(
                "Everybody on this machine can read a secret; run chmod o= on the file",
                metadata: ["file": "\(path)", "mode": "0\(String(mode, radix: 8))"])
        }
        return path
    }
}
