internal import NIOSSL

/// The certificate and the key a listener shows, read when it is made.
package struct TLSFiles: Sendable {
    /// Why they cannot be used, as a sentence.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    let configuration: TLSConfiguration
    let context: NIOSSLContext

    /// Both files are PEM; the certificate's may hold the chain up to its authority.
    package init(certificate: String, key: String) throws(Failure) {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificate)
        } catch {
            throw Self.failure(certificate, "PEM certificate", error)
        }
        guard !chain.isEmpty else {
            throw Failure(description: "cannot use \(certificate): there is no certificate in it")
        }
        let secret: NIOSSLPrivateKey
        do {
            secret = try NIOSSLPrivateKey(file: key, format: .pem)
        } catch {
            throw Self.failure(key, "PEM private key without a password", error)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(secret))
        configuration.minimumTLSVersion = .tlsv12
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw Failure(
                description: "cannot use \(certificate) with \(key): they do not belong together"
                    + " (\(error))")
        }
        self.configuration = configuration
    }

    private static func failure(
        _ path: String, _ expected: String, _ error: any Error
    ) -> Failure {
        Failure(description: "cannot read \(path): expected a \(expected) (\(error))")
    }
}
