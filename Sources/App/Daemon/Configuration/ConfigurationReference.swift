/// Prints the schema for people.
package enum ConfigurationReference {
    /// The page `Documentation.docc/Configuration.md`: every key with type, default, range and
    /// unit.
    package static func markdown(_ keys: [KeyFacts] = ConfigurationSchema.keys) -> String {
        var text = opening
        var section: [String]?
        for key in keys {
            if key.section != section {
                section = key.section
                text += "\n## \(title(key.section))\n\n\(introduction(key.section))\n\n"
                text += "| Key | Type | Default | Range | Unit | Meaning |\n"
                text += "|---|---|---|---|---|---|\n"
            }
            let cells = [
                "`\(key.name)`", key.type, code(key.defaultText), code(key.range), key.unit,
                key.summary,
            ]
            text += "| " + cells.joined(separator: " | ") + " |\n"
        }
        return text
    }

    private static let opening = """
        # Configuration

        Every key the program reads. This page is generated from the code that reads them.

        Forestall reads `\(ConfigurationLoader.standardPath)` and the `*.toml` files of the folder
        `conf.d` beside it, in order of name. With `--config FILE` it reads that file instead, and
        the `conf.d` beside it only when the file is named `forestall.toml`. Tables of several files
        are joined; a key set in two files is an error. Without any file the defaults below hold.
        There are no environment variables for single keys.

        Unknown keys and values out of range are errors. `forestall check` prints all of them with
        file, line, key, value and what was expected, and does nothing else.

        Durations are text with units, longest first: `"250ms"`, `"90s"`, `"10m"`, `"1h30m"`,
        `"3d"`, `"2w"`. Sizes are text too: `"512KiB"`, `"8MiB"`. `none` as default means that
        the key may be left out and then has no effect.

        """

    private static func title(_ section: [String]) -> String {
        guard !section.isEmpty else { return "The gateway" }
        let path = section.joined(separator: ".")
        return section.last == "parts" ? "`[[\(path)]]`" : "`[\(path)]`"
    }

    private static func introduction(_ section: [String]) -> String {
        switch section {
        case []:
            return "Keys with a dot may be written as they are or in a table: `state.directory` is "
                + "`directory` below `[state]`."
        case ConfigurationSchema.listenerSection:
            return "A listener with settings of its own, beside those of `intake.udp` and "
                + "`intake.tcp`."
        case ConfigurationSchema.classSection:
            return "A class of machine, declared once for all its devices. The name `generic` "
                + "stands for devices of no declared class; it takes no `measurements` and no "
                + "components."
        case SignalKeys.section:
            return
                "A signal of the class: `FIELD` is the name of a field, or `\"measurement.field\"` "
                + "in quotes where two measurements share the name."
        case ConfigurationSchema.componentSection:
            return "A component (ISO 14224 maintainable item): what wears, what shows it, and what "
                + "to do about it."
        case ConfigurationSchema.deviceSection:
            return "A device that is expected: when nothing comes from it, there is a ticket. "
                + "Others need no declaration."
        default:
            return "The spare parts a repair needs; also written "
                + "`parts = [{number = \"6312-C3\", quantity = 2}]`."
        }
    }

    /// TOML values in code type, words as they are.
    private static func code(_ text: String) -> String {
        let isValue = text.utf8.first.map { "\"[0123456789-".utf8.contains($0) } ?? false
        return isValue && !text.contains("`") ? "`\(text)`" : text
    }
}
