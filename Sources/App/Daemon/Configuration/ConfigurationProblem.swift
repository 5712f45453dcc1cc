/// One thing wrong with the configuration, as one sentence a person can act on.
package struct ConfigurationProblem: Equatable, Sendable, CustomStringConvertible {
    package var place: ConfigurationPlace
    /// Full name of the key it is about; `nil` when it is about a whole file.
    package var key: String?
    /// The sentence, without the place and without a full stop.
    package var message: String

    package init(place: ConfigurationPlace, key: String? = nil, message: String) {
        self.place = place
        self.key = key
        self.message = message
    }

    /// `FILE:LINE: sentence`, the form editors and terminals make clickable.
    package var description: String { "\(place): \(message)" }
}

/// Where in the configuration files something stands. Lines and columns count from 1.
package struct ConfigurationPlace: Equatable, Sendable, CustomStringConvertible {
    package var file: String
    package var line: Int?
    /// Known for syntax errors only.
    package var column: Int?

    package init(file: String, line: Int? = nil, column: Int? = nil) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String {
        guard let line else { return file }
        guard let column else { return "\(file):\(line)" }
        return "\(file):\(line):\(column)"
    }
}

/// The configuration cannot be used; carries every problem found, never just the first.
package struct ConfigurationFailure: Error, Equatable, CustomStringConvertible {
    /// In order of file and line; never empty.
    package var problems: [ConfigurationProblem]

    package init(problems: [ConfigurationProblem]) {
        precondition(!problems.isEmpty, "BUG: a configuration failure without a problem")
        self.problems = problems
    }

    /// One problem per line.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
