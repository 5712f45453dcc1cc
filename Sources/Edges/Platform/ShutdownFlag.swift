internal import Synchronization

/// Tells threads that they should come to an end; once raised it stays raised.
package final class ShutdownFlag: Sendable {
    private let raised = Atomic<Bool>(false)

    package init() {}

    package func request() { raised.store(true, ordering: .releasing) }

    package var isRequested: Bool { raised.load(ordering: .acquiring) }
}
