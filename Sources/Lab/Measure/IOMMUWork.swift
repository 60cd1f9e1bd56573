/// What a guest does that has buffers mapped and unmapped.
enum IOMMUWork: String, Sendable, CaseIterable {
    /// A page is mapped and unmapped, always the same one.
    case page = "map-unmap"
    /// 16 pages are mapped, and then unmapped in the same order, as those of a ring.
    case ring = "map-unmap-ring-16"
    /// fio, random reads of 4 KiB, one at a time: each maps and unmaps a page.
    case readsAtDepth1 = "4k-reads-depth-1"
    /// The same, 16 at a time.
    case readsAtDepth16 = "4k-reads-depth-16"
    /// iperf3, a TCP stream written in messages of 256 bytes; what the network driver sends at once
    /// is mapped and unmapped together.
    case messages = "tcp-stream-256"
    /// Nothing, for a while.
    case idle

    /// Pages that are mapped at once by the lab's module; nil if that doesn't do it.
    var depth: Int? {
        switch self {
        case .page: 1
        case .ring: 16
        default: nil
        }
    }

    /// The work of a tool of Debian's; nil if it isn't one.
    var ofTool: ComparisonWork? {
        switch self {
        case .readsAtDepth1: .readsAtDepth1
        case .readsAtDepth16: .readsAtDepth16
        case .messages: .stream
        default: nil
        }
    }

    /// The assigned device that it uses.
    var device: AssignedDevice { self == .messages ? .igb : .nvme }

    /// Whether each operation maps and unmaps.
    var mapsEachTime: Bool { self != .messages }
}
