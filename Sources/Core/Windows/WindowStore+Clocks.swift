package import Primitives

extension WindowStore {
    /// The greatest stamp the device has sent and the arrival of its latest line: how its clock
    /// stands, without any work per line.
    package func latest(of device: DeviceID) -> (stamp: Timestamp, arrival: Timestamp) {
        let watermark = devices[device.index].watermark
        return (
            Timestamp(nanoseconds: watermark.greatestEvent),
            Timestamp(nanoseconds: watermark.lastArrival)
        )
    }
}
