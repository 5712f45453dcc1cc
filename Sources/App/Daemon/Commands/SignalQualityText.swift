import Primitives
import Store

/// What commands say about the quality of signals.
enum SignalQualityText {
    /// `good`, `stuck`, `quantised in steps of 0.5`, `-`.
    static func short(_ signal: ReadModel.SignalRow) -> String {
        guard let quality = signal.quality else { return "-" }
        return quality + (signal.stepSize.map { " in steps of \(NumberText.short($0))" } ?? "")
    }

    /// For the page of one device: its signals that are not good.
    static func lines(_ signals: [ReadModel.SignalRow]) -> [String] {
        let bad = signals.filter { $0.quality != nil && $0.quality != "good" }
        guard !bad.isEmpty else { return [] }
        return ["Signals that are not good"]
            + bad.map { signal in
                let since = signal.qualitySince.map { ", since \($0.rfc3339)" } ?? ""
                return "    \(signal.name): \(short(signal))\(since)"
            } + [""]
    }
}
