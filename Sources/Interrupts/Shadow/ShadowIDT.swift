/// The IDT that CPUs use in place of the guest's: a copy that follows the guest's writes, with
/// gates replaced or not present as a `ShadowLayout` says.
///
/// ## What a delivery sees
/// CPUs may deliver through the table during every call but `settle()`. For the gate of an
/// interrupt, a vector from 32 on or one that stands in for it, a delivery sees the old gate, the
/// new gate, or one that is not present; never a mix. It is not assumed that the CPU reads the
/// two halves of a gate in one piece, or in a certain order. Therefore:
/// - a change of the lower half alone is one store;
/// - before the upper half may change, the gate is made not present, by one store to the lower
///   half, and stays so until `settle()`. Clearing P first and then writing both halves would not
///   do: a CPU that has read one half already would join it to a half of the new gate.
///
/// Gates of exceptions are written half by half as the guest wrote them, which is what it would
/// have without a shadow. They are never made not present: #NP in the delivery of a contributory
/// exception or page fault is #DF, which the guest would see.
///
/// ## What the caller does
/// - Calls on one table must not overlap.
/// - `settle()` may be called only while no CPU delivers through the table: all vCPUs that share it
///   are outside the guest.
/// - Until then the guest reads the gate as it is in the shadow: not present.
/// - While a shadow is in place #NP is intercepted in injection mode as well. If the guest's own
///   gate is present, what was being delivered is delivered again after `settle()`.
public struct ShadowIDT: Sendable {
    private let idtr: IDTR
    private let first: ShadowPage
    private let second: ShadowPage?
    /// Index in the first page of the table's first word.
    private let firstWord: Int
    private var layout: ShadowLayout
    private var slots: GateSlots
    /// Slots that are not present until `settle()`.
    private var withheld = VectorSet()

    /// Builds the table. No CPU may use the shadow pages yet.
    ///
    /// - Parameters:
    ///   - idtr: as the guest loaded it.
    ///   - guestPages: the pages that hold the guest's table, in its order; the second is needed if
    ///     the table reaches into it.
    ///   - shadowPages: those to be laid over them. All of their bytes are written.
    ///   - layout: from the plan.
    public init(
        idtr: IDTR,
        guestPages: (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?),
        shadowPages: (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?),
        layout: ShadowLayout
    ) throws(ShadowRefusal) {
        guard Self.isCanonical(idtr.base) else { throw .notCanonical }
        guard idtr.base % 8 == 0 else { throw .unaligned }
        guard idtr.gateCount >= 32 else { throw .limitTooLow }
        self.idtr = idtr
        firstWord = Int(idtr.base % UInt64(SharedPage.size)) / 8
        guard let guest = SharedPage(guestPages.0), let shadow = SharedPage(shadowPages.0) else {
            throw .pageMissing
        }
        first = ShadowPage(guest: guest, shadow: shadow)
        if firstWord + idtr.gateCount * 2 > SharedPage.wordCount {
            guard let guest = SharedPage(guestPages.1), let shadow = SharedPage(shadowPages.1) else {
                throw .pageMissing
            }
            second = ShadowPage(guest: guest, shadow: shadow)
        } else {
            second = nil
        }
        guard layout.fits(gateCount: idtr.gateCount) else { throw .layoutBeyondTable }
        self.layout = layout
        slots = GateSlots(layout)
        fill()
    }

    /// Whether an address is canonical with 57 bits, and so with 48 or not.
    private static func isCanonical(_ address: UInt64) -> Bool {
        let upper = Int64(bitPattern: address) >> 56
        return upper == 0 || upper == -1
    }

    /// Number of pages that the table touches: 1 or 2.
    public var pageCount: Int { second == nil ? 1 : 2 }

    /// Slots that are not present until `settle()`.
    public var unsettled: VectorSet { withheld }

    /// Follows a write of the guest's that has reached its own memory.
    ///
    /// - Parameters:
    ///   - page: 0 or 1: the page written to.
    ///   - offset: in that page, in bytes.
    ///   - count: number of bytes. What lies beyond the page is ignored.
    public mutating func guestWrote(page: Int, offset: Int, count: Int) -> ShadowUpdate {
        guard page >= 0, page < pageCount, offset >= 0, offset < SharedPage.size, count > 0 else {
            return .published
        }
        let last = min(offset + min(count, SharedPage.size), SharedPage.size) - 1
        let base = page * SharedPage.wordCount - firstWord
        var update = ShadowUpdate.published
        var previous: UInt8?
        for index in offset / 8...last / 8 {
            let word = base + index
            guard word >= 0, word < wordCount else {
                store(word, load(word))
                continue
            }
            let vector = UInt8(truncatingIfNeeded: word / 2)
            if vector == previous { continue }
            previous = vector
            var slot = slots.first(of: vector)
            while let current = slot {
                if publish(current) == .withheld { update = .withheld }
                slot = slots.next(after: current)
            }
        }
        return update
    }

    /// Changes which gates are replaced.
    public mutating func apply(_ layout: ShadowLayout) throws(ShadowRefusal) -> ShadowUpdate {
        guard layout.fits(gateCount: idtr.gateCount) else { throw .layoutBeyondTable }
        var touched = self.layout.displaced
        touched.formUnion(layout.displaced)
        self.layout = layout
        slots = GateSlots(layout)
        var update = ShadowUpdate.published
        var next = touched.lowest
        while let slot = next {
            if publishInterrupt(slot) == .withheld { update = .withheld }
            next = touched.lowest(after: slot)
        }
        return update
    }

    /// Writes the gates that were withheld. No CPU may be delivering through the table.
    public mutating func settle() {
        let slots = withheld
        withheld = VectorSet()
        var next = slots.lowest
        while let slot = next {
            write(desired(slot), to: slot)
            next = slots.lowest(after: slot)
        }
    }

    // MARK: - Gates

    /// Words of the table. Those before and behind it in its pages are other data of the guest's.
    private var wordCount: Int { idtr.gateCount * 2 }

    /// Copies the pages, then puts in what differs.
    private func fill() {
        first.copy()
        second?.copy()
        layout.displaced.forEach { write(desired($0), to: $0) }
    }

    /// What should stand in a slot.
    private func desired(_ slot: UInt8) -> GateDescriptor {
        guard !layout.absent.contains(slot) else { return .absent }
        let word = Int(layout.source(of: slot)) * 2
        return GateDescriptor(low: load(word), high: load(word + 1))
    }

    /// Writes both halves. Not for a gate through which an interrupt may be delivered.
    private func write(_ gate: GateDescriptor, to slot: UInt8) {
        store(Int(slot) * 2 + 1, gate.high)
        store(Int(slot) * 2, gate.low)
    }

    private mutating func publish(_ slot: UInt8) -> ShadowUpdate {
        if slot < 32 && !layout.displaces(slot) && !withheld.contains(slot) {
            write(desired(slot), to: slot)
            return .published
        }
        return publishInterrupt(slot)
    }

    /// Changes a gate through which an interrupt may be delivered meanwhile.
    private mutating func publishInterrupt(_ slot: UInt8) -> ShadowUpdate {
        if withheld.contains(slot) { return .withheld }
        let gate = desired(slot)
        let word = Int(slot) * 2
        if gate.high == shadow(word + 1) {
            store(word, gate.low)
            return .published
        }
        store(word, GateDescriptor.absent.low)
        withheld.insert(slot)
        return .withheld
    }

    // MARK: - Words, numbered from the table's first

    /// The guest's word.
    private func load(_ word: Int) -> UInt64 {
        let index = word + firstWord
        if index < SharedPage.wordCount { return first.guest.load(index) }
        return second?.guest.load(index - SharedPage.wordCount) ?? 0
    }

    /// The word that CPUs see.
    private func shadow(_ word: Int) -> UInt64 {
        let index = word + firstWord
        if index < SharedPage.wordCount { return first.shadow.load(index) }
        return second?.shadow.load(index - SharedPage.wordCount) ?? 0
    }

    private func store(_ word: Int, _ value: UInt64) {
        let index = word + firstWord
        if index < SharedPage.wordCount {
            first.shadow.store(index, value)
        } else {
            second?.shadow.store(index - SharedPage.wordCount, value)
        }
    }
}
