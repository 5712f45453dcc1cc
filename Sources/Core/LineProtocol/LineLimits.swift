/// What a record may cost. A record beyond a limit is refused with a reason of its own, never cut.
@frozen public struct LineLimits: Hashable, Sendable {
    /// Bytes of one record without its newline, leading spaces included. Default 65,536, range
    /// 1 to 2^30.
    public let maxLineBytes: Int
    /// Tags of one record. Default 64, range 0 to 65,535.
    public let maxTags: Int
    /// Fields of one record. Default 512, range 1 to 65,535.
    public let maxFields: Int

    /// Values outside the ranges are moved to the nearest end of the range.
    public init(maxLineBytes: Int = 65_536, maxTags: Int = 64, maxFields: Int = 512) {
        self.maxLineBytes = min(max(maxLineBytes, 1), 1 << 30)
        self.maxTags = min(max(maxTags, 0), 65_535)
        self.maxFields = min(max(maxFields, 1), 65_535)
    }
}
