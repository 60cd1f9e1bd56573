/// Which slots of a shadow hold each gate of the guest: chains through an array, so that finding
/// them takes neither search nor memory.
struct GateSlots: Sendable {
    private var first: InlineArray<256, UInt16>
    private var next: InlineArray<256, UInt16>
    private static let end: UInt16 = 256

    init(_ layout: ShadowLayout) {
        first = InlineArray(repeating: Self.end)
        next = InlineArray(repeating: Self.end)
        for slot in 0..<256 where !layout.absent.contains(UInt8(slot)) {
            let source = Int(layout.source(of: UInt8(slot)))
            next[slot] = first[source]
            first[source] = UInt16(slot)
        }
    }

    /// The first slot that holds the gate of `vector`, or nil.
    func first(of vector: UInt8) -> UInt8? { Self.slot(first[Int(vector)]) }

    /// The slot behind `slot` that holds the same gate, or nil.
    func next(after slot: UInt8) -> UInt8? { Self.slot(next[Int(slot)]) }

    private static func slot(_ value: UInt16) -> UInt8? {
        value < end ? UInt8(truncatingIfNeeded: value) : nil
    }
}
