import Primitives

/// A machine of a ``Schedule``: what it measures, how its clock goes, and its way to the gateway.
struct Machine {
    /// How its clock is wrong, from `since` until `until`.
    private struct Fault {
        enum Kind: CaseIterable {
            case none, aheadOrBehind, unset, farAhead, hourAhead, hourBehind, drifting
        }

        var kind: Kind
        var since: Int64
        var until: Int64
        /// Of a clock that is ahead or behind, nanoseconds.
        var offset: Int64
        /// Of a drifting one.
        var rate: Double

        /// What the clock says at a true time.
        func stamp(at time: Int64) -> Int64 {
            guard time >= since, time < until else { return time }
            return switch kind {
            case .none: time
            case .aheadOrBehind: time + offset
            case .unset: time - since
            case .farAhead: time + 2 * 86_400_000_000_000
            case .hourAhead: time + 3_600_000_000_000
            case .hourBehind: time - 3_600_000_000_000
            case .drifting: time + Int64(Double(time - since) * rate)
            }
        }

        func isRight(at time: Int64) -> Bool { stamp(at: time) == time }
    }

    /// Signals that come in one line.
    private enum Packing: CaseIterable { case together, apart, some }

    private let device: Int
    private let lateness: Int64
    private let from: Int64
    private let to: Int64
    private let signalCount: Int
    private let packing: Packing
    /// Between its lines, nanoseconds.
    private let cadence: Int64
    private let fault: Fault
    private let hasClock: Bool
    private let offset: Double
    private let isWhole: Bool
    private let delay: Double
    private let slowness: Double
    private let loss: Double
    private let repeats: Double
    /// Lines of this time arrive at its end.
    private let outage: Range<Int64>

    init(
        device: Int, length: Int64, lateness: Int64, from: Int64, to: Int64,
        _ random: inout Random
    ) {
        self.device = device
        self.lateness = lateness
        self.from = from
        self.to = to
        signalCount = 1 + random.below(3)
        packing = random.pick(Packing.allCases)
        cadence = Int64(Double(length) / random.pick([0.4, 1, 3, 8, 12, 25]))
        let kind = random.below(2) == 0 ? .none : random.pick(Fault.Kind.allCases)
        let since = from + Int64(random.uniform() * Double(to - from))
        fault = Fault(
            kind: kind, since: random.below(3) == 0 ? from : since,
            until: since + Int64(random.uniform() * Double(to - since)) + 1,
            offset: Int64((random.uniform() - 0.5) * 600e9), rate: random.pick([1e-3, -0.01, 0.1]))
        hasClock = random.below(6) > 0
        offset = random.pick([0, 1e6, -1e3])
        isWhole = random.below(4) == 0
        delay = random.uniform() * Double(lateness)
        slowness = random.pick([0, 0.1, 1, 3]) * Double(max(lateness, length))
        loss = random.pick([0, 0.1])
        repeats = random.pick([0, 0, 0.05, 0.3])
        let begin = from + Int64(random.uniform() * Double(to - from))
        outage = random.below(4) == 0 ? begin..<begin + 5 * length : begin..<begin
    }

    /// Its lines, in no order.
    func deliveries(_ random: inout Random) -> [Schedule.Delivery] {
        var found: [Schedule.Delivery] = []
        var time = from + Int64(random.below(Int(cadence)))
        var level = random.normal()
        while time < to {
            level += random.normal() / 8
            for readings in lines(of: level, &random) {
                let stamp = hasClock ? fault.stamp(at: time) : nil
                for _ in 0..<(random.uniform() < repeats ? 2 : 1) where random.uniform() >= loss {
                    let arrival = arrival(of: time, &random)
                    found.append(
                        Schedule.Delivery(
                            device: device, arrival: arrival, stamp: stamp, readings: readings,
                            isTimely: hasClock && fault.kind == .none
                                && arrival - time <= lateness))
                }
            }
            time += cadence + Int64((random.uniform() - 0.5) * Double(cadence) / 4)
        }
        return found
    }

    private func lines(
        of level: Double, _ random: inout Random
    ) -> [[Schedule.Reading]] {
        let readings = (0..<signalCount).map { signal in
            let value = level * Double(signal + 1) + random.normal() / 16
            return Schedule.Reading(
                signal: signal, value: offset + (isWhole ? (4 * value).rounded() : value))
        }
        switch packing {
        case .together: return [readings]
        case .apart: return readings.map { [$0] }
        case .some:
            let some = readings.filter { _ in random.below(3) > 0 }
            return some.isEmpty ? [] : [some]
        }
    }

    private func arrival(of time: Int64, _ random: inout Random) -> Int64 {
        let slow = random.below(3) == 0 ? random.exponential() * slowness : 0
        let sent = outage.contains(time) ? outage.upperBound : time
        return sent + Int64(delay * random.uniform() + slow)
    }
}
