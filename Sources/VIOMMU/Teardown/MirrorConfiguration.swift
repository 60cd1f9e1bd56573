/// How a mirror of a device's mappings behaves.
public struct MirrorConfiguration: Sendable {
    public var mode = TeardownMode.strict
    /// How many mappings the host takes, 1 to `mostMappings`.
    public var mappingLimit = 65_535
    /// How many bytes may be mapped before stale mappings have to make room, 0 for any number.
    /// Live mappings may be more.
    public var byteLimit: UInt64 = 0
    /// How many mappings may be stale, 1 to `mostMappings`.
    public var staleLimit = 4_096
    /// How long a mapping may be stale, in nanoseconds, at least 1.
    public var staleTime: UInt64 = 10_000_000

    /// The highest limit that a mirror takes.
    public static let mostMappings = 1 << 24

    public init() {}

    /// The same with values brought into their ranges.
    var normalized: MirrorConfiguration {
        var result = self
        result.mappingLimit = min(max(mappingLimit, 1), Self.mostMappings)
        result.staleLimit = min(max(staleLimit, 1), Self.mostMappings)
        result.staleTime = max(staleTime, 1)
        return result
    }
}
