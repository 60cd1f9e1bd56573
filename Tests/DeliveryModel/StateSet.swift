/// The packed states seen, each with its number: open addressing, no state is all ones.
struct StateSet {
    private var slots = [UInt64](repeating: .max, count: 1 << 16)
    private var numbers = [UInt32](repeating: 0, count: 1 << 16)
    private var count = 0

    /// The number of `state`: that of its first insertion, or `number` if this is it.
    mutating func insert(_ state: UInt64, _ number: UInt32) -> (number: UInt32, isNew: Bool) {
        if count * 2 > slots.count { grow() }
        let found = place(state)
        if slots[found] == state { return (numbers[found], false) }
        slots[found] = state
        numbers[found] = number
        count += 1
        return (number, true)
    }

    private func place(_ state: UInt64) -> Int {
        let mask = slots.count - 1
        var mixed = state &* 0x9e37_79b9_7f4a_7c15
        mixed ^= mixed >> 32
        var slot = Int(truncatingIfNeeded: mixed) & mask
        while slots[slot] != .max && slots[slot] != state { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func grow() {
        let old = (slots, numbers)
        slots = [UInt64](repeating: .max, count: old.0.count * 2)
        numbers = [UInt32](repeating: 0, count: slots.count)
        for index in old.0.indices where old.0[index] != .max {
            let found = place(old.0[index])
            slots[found] = old.0[index]
            numbers[found] = old.1[index]
        }
    }
}
