/// Which gate of the guest stands in each slot of a shadow IDT.
public struct ShadowLayout: Equatable, Sendable {
    /// Vector of the guest's gate per slot.
    private var sources: InlineArray<256, UInt8>
    /// Slots whose gate is not present, whatever the guest's says.
    public private(set) var absent = VectorSet()
    /// Slots that hold the gate of another vector.
    public private(set) var replaced = VectorSet()

    /// Exceptions that no CPU raises (SDM vol. 3, table 6-1), whose gates can stand in for others.
    public static let aliasSlots: ClosedRange<UInt8> = 22...27

    /// The guest's own table.
    public init() {
        sources = InlineArray { UInt8(truncatingIfNeeded: $0) }
    }

    /// The vector of the guest whose gate stands in `slot`.
    public func source(of slot: UInt8) -> UInt8 { sources[Int(slot)] }

    /// Whether no slot differs from the guest's own.
    public var isIdentity: Bool { absent.isEmpty && replaced.isEmpty }

    /// Puts the guest's gate of `vector` into `slot`.
    public mutating func replace(_ slot: UInt8, with vector: UInt8) {
        sources[Int(slot)] = vector
        if slot == vector { replaced.remove(slot) } else { replaced.insert(slot) }
    }

    /// Makes the gate in `slot` not present.
    public mutating func withhold(_ slot: UInt8) { absent.insert(slot) }

    /// Whether a delivery of `vector` through this table would not reach the guest's gate for it.
    public func displaces(_ vector: UInt8) -> Bool {
        absent.contains(vector) || replaced.contains(vector)
    }

    /// Slots through which the guest's gate of their own vector is not reached.
    public var displaced: VectorSet {
        var slots = absent
        slots.formUnion(replaced)
        return slots
    }

    /// Whether all that differs from the guest's own table lies within its first gates.
    func fits(gateCount: Int) -> Bool {
        var slot = displaced.lowest
        while let current = slot {
            if Int(current) >= gateCount || Int(sources[Int(current)]) >= gateCount { return false }
            slot = displaced.lowest(after: current)
        }
        return true
    }

    /// The vector to inject in place of `vector`, so that the guest's gate for it is used: itself,
    /// or the slot that stands in for it. Nil if there is none.
    public func injected(_ vector: UInt8) -> UInt8? {
        guard displaces(vector) else { return vector }
        for slot in Self.aliasSlots
        where replaced.contains(slot) && sources[Int(slot)] == vector {
            return slot
        }
        return nil
    }

    /// The lowest slot that can stand in for a vector and doesn't yet.
    func freeAliasSlot(gateCount: Int) -> UInt8? {
        for slot in Self.aliasSlots where Int(slot) < gateCount && !displaces(slot) {
            return slot
        }
        return nil
    }

    public static func == (left: ShadowLayout, right: ShadowLayout) -> Bool {
        guard left.absent == right.absent, left.replaced == right.replaced else { return false }
        for slot in 0..<256 where left.sources[slot] != right.sources[slot] { return false }
        return true
    }
}
