/// Why a line that is well formed was not taken in.
package enum RefusalReason: String, CaseIterable, Sendable {
    /// No identity tag and no default identity.
    case noIdentity = "no_identity"
    /// The stamp is further from arrival time than any clock error or backlog explains.
    case clockSkew = "clock_skew"
    /// Scaled by the precision of its listener, the stamp does not fit 64 bits of nanoseconds.
    case timestampOverflow = "timestamp_overflow"
    /// No stamp in the line, and no clock to take one from.
    case noTimestamp = "no_timestamp"
    /// The window was closed already.
    case late
    case tooManyDevices = "too_many_devices"
    /// The line was taken in, but not the fields that would have been new signals.
    case tooManySignals = "too_many_signals"
    case tooManySeriesKeys = "too_many_series_keys"
    /// The line was taken in, but not the text fields that would have been new.
    case tooManyTexts = "too_many_texts"
    case tooManyNewDevices = "too_many_new_devices"
    /// Measurement and tags are longer than any sensible ones.
    case tagSetTooLong = "tag_set_too_long"

    package var message: String {
        switch self {
        case .noIdentity: return "no identity tag names the device, and no default_identity is set"
        case .clockSkew: return "the timestamp is too far from the time of arrival"
        case .timestampOverflow:
            return "the timestamp is no time in the precision of its listener"
        case .noTimestamp: return "the line has no timestamp and the event clock has not started"
        case .late: return "the window of this timestamp is closed"
        case .tooManyDevices: return "limits.devices is reached"
        case .tooManySignals: return "limits.signals_per_device or limits.signals is reached"
        case .tooManySeriesKeys: return "limits.series_keys is reached"
        case .tooManyTexts: return "limits.texts_per_device is reached"
        case .tooManyNewDevices: return "limits.new_devices_per_minute is reached"
        case .tagSetTooLong: return "measurement and tags exceed limits.tag_set_bytes"
        }
    }
}
