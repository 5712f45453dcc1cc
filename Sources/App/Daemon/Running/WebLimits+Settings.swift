import Primitives
import Web

extension WebLimits {
    init(_ settings: IntakeSettings) {
        self.init()
        connections = settings.maximumWebConnections
        connectionsPerSource = max(1, settings.maximumWebConnections / 4)
        requests = settings.maximumRequests
        requestsPerSource = max(1, settings.maximumRequests / 2)
        bodyBytesMax = settings.maximumBodyBytes
        inflatedBytesMax = settings.maximumInflatedBytes
        requestTime = UInt64(max(0, settings.requestTimeout.nanoseconds))
    }
}
