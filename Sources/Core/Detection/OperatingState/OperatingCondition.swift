package import Windows

/// When a machine counts as running: all comparisons hold, `current > 2.0 and speed >= 300`.
package struct OperatingCondition: Equatable, Sendable {
    package enum Relation: String, CaseIterable, Sendable {
        case above = ">"
        case atLeast = ">="
        case below = "<"
        case atMost = "<="
    }

    package struct Comparison: Equatable, Sendable {
        /// Field name or full signal name.
        package var signal: String
        package var relation: Relation
        package var threshold: Double

        package init(signal: String, relation: Relation, threshold: Double) {
            self.signal = signal
            self.relation = relation
            self.threshold = threshold
        }

        func holds(_ value: Double) -> Bool {
            switch relation {
            case .above: return value > threshold
            case .atLeast: return value >= threshold
            case .below: return value < threshold
            case .atMost: return value <= threshold
            }
        }
    }

    package var comparisons: [Comparison]

    package init(_ comparisons: [Comparison]) {
        self.comparisons = comparisons
    }

    /// Reads `signal OP number [and signal OP number ...]`; `nil` when the text is anything else.
    package init?(parsing text: String) {
        var comparisons: [Comparison] = []
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count % 4 == 3 else { return nil }
        for start in stride(from: 0, to: words.count, by: 4) {
            guard let relation = Relation(rawValue: String(words[start + 1])),
                let threshold = Double(words[start + 2]), threshold.isFinite,
                start + 3 >= words.count || words[start + 3] == "and"
            else { return nil }
            comparisons.append(
                Comparison(
                    signal: String(words[start]), relation: relation, threshold: threshold))
        }
        self.comparisons = comparisons
    }

    /// The state during one window. A comparison holds for the window when it holds for the
    /// smallest and the greatest reading; when only one of them does, the machine changed state.
    /// A signal that is absent says nothing: then the state is `nil`, and the caller keeps the
    /// last one.
    package func state(of value: (String) -> WindowSummary?) -> OperatingState? {
        var all = true
        var some = false
        for comparison in comparisons {
            guard let summary = value(comparison.signal) else { return nil }
            let low = comparison.holds(summary.minimum)
            let high = comparison.holds(summary.maximum)
            all = all && low && high
            some = some || low || high
        }
        return all ? .running : (some ? .transient : .off)
    }
}

/// What a machine was doing during a window.
package enum OperatingState: UInt8, CaseIterable, Sendable {
    case running = 0
    /// Started, stopped or still settling: neither learned from nor judged.
    case transient = 1
    case off = 2
}
