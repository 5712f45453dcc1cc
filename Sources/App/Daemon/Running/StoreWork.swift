import Engine
import Intake
import Windows

/// What the engine thread hands to the store thread.
enum StoreWork: Sendable {
    /// Devices and signals known from an earlier process: later steps refer to them.
    case introduction(devices: [Device], signals: [Signal])
    /// `position` is how far a replayed input had been folded before the step was sealed.
    case step(EngineStep, position: InputPosition?)
    /// The engine's state after the steps handed over so far.
    case checkpoint([UInt8])
    /// Nothing to write: the engine's thread shows that it gets on, see ``Supervision``.
    case heartbeat
}
