import Windows

/// When a machine is in a state: all comparisons hold, `current > 2.0 and speed >= 300`.
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

    /// How far the condition holds during one window. A comparison holds throughout when it holds
    /// for the smallest and the greatest reading, and partly when it does for one of them; the
    /// condition holds throughout when all comparisons do, and never when one never does.
    ///
    /// - Parameter value: what the signal of the comparison at this place said. A signal that is
    ///   absent says nothing: then the answer is `nil`.
    func holding(_ value: (Int) -> WindowSummary?) -> Holding? {
        var holding = Holding.throughout
        for (place, comparison) in comparisons.enumerated() {
            guard let summary = value(place) else { return nil }
            switch (comparison.holds(summary.minimum), comparison.holds(summary.maximum)) {
            case (true, true): break
            case (false, false): holding = .never
            case (true, false), (false, true): if holding == .throughout { holding = .partly }
            }
        }
        return holding
    }
}

/// How far something was so during a window.
enum Holding: Equatable, Sendable {
    case throughout
    case partly
    case never
}
