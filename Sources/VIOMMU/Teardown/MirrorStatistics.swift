/// What a mirror has and has done. Counts never go back.
public struct MirrorStatistics: Equatable, Sendable {
    /// Mappings that the guest has, and their bytes.
    public var live: UInt64 = 0
    public var liveBytes: UInt64 = 0
    /// Mappings that the guest has unmapped and the host still has, and their bytes.
    public var stale: UInt64 = 0
    public var staleBytes: UInt64 = 0
    /// The most of them at any time.
    public var mostStale: UInt64 = 0
    public var mostStaleBytes: UInt64 = 0
    /// The longest that one was stale before it was unmapped or used again, in nanoseconds.
    public var longestStale: UInt64 = 0
    /// Changes that were given out: what the host has been asked for.
    public var maps: UInt64 = 0
    public var unmaps: UInt64 = 0
    /// Mappings that became stale. Each is stale still, or one of the next four.
    public var deferred: UInt64 = 0
    /// Used again, without a change for the host.
    public var revived: UInt64 = 0
    /// Unmapped as it was time, or to go with one of which it was.
    public var expired: UInt64 = 0
    /// Unmapped to keep one of the limits.
    public var evicted: UInt64 = 0
    /// Unmapped as their addresses were mapped again, or as all had to go.
    public var flushed: UInt64 = 0
    /// Live mappings that were ended as a whole because a part of them changed, and the rest of which
    /// was mapped again.
    public var splits: UInt64 = 0
    /// Mappings that the limit left no room for.
    public var refused: UInt64 = 0

    public init() {}
}
