import Interrupts
import SplitMix64

/// A guest's IDT in memory, and the pages to lay over it.
final class GuestTable {
    let guest: UnsafeMutableRawPointer
    let shadow: UnsafeMutableRawPointer
    let idtr: IDTR

    /// - Parameter random: fills the guest's two pages, and what is in the shadow before.
    init(base: UInt64 = 0xffff_fe00_0000_0000, limit: UInt16 = 0xfff, random: inout SplitMix64) {
        idtr = IDTR(base: base, limit: limit)
        guest = .allocate(byteCount: 8192, alignment: 4096)
        shadow = .allocate(byteCount: 8192, alignment: 4096)
        for word in 0..<1024 {
            guest.storeBytes(of: random.next(), toByteOffset: word * 8, as: UInt64.self)
            shadow.storeBytes(of: random.next(), toByteOffset: word * 8, as: UInt64.self)
        }
    }

    deinit {
        guest.deallocate()
        shadow.deallocate()
    }

    /// Offset of the table in the pages.
    var start: Int { Int(idtr.base % 4096) }

    func makeShadow(_ layout: ShadowLayout) throws(ShadowRefusal) -> ShadowIDT {
        try ShadowIDT(
            idtr: idtr, guestPages: (guest, guest + 4096), shadowPages: (shadow, shadow + 4096),
            layout: layout)
    }

    func guestGate(_ vector: UInt8) -> GateDescriptor { gate(guest, vector) }
    func shadowGate(_ vector: UInt8) -> GateDescriptor { gate(shadow, vector) }

    func setGuest(_ vector: UInt8, _ gate: GateDescriptor) {
        guest.storeBytes(of: gate.low, toByteOffset: start + Int(vector) * 16, as: UInt64.self)
        guest.storeBytes(of: gate.high, toByteOffset: start + Int(vector) * 16 + 8, as: UInt64.self)
    }

    private func gate(_ memory: UnsafeMutableRawPointer, _ vector: UInt8) -> GateDescriptor {
        let offset = start + Int(vector) * 16
        return GateDescriptor(
            low: memory.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
            high: memory.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
    }

    /// What is wrong with the shadow, by a walk over every byte; nil if nothing is.
    func fault(_ layout: ShadowLayout, unsettled: VectorSet = VectorSet(), pages: Int) -> String? {
        for vector in 0..<idtr.gateCount {
            let slot = UInt8(vector)
            let seen = shadowGate(slot)
            if unsettled.contains(slot) {
                if seen[.present] || seen[.type] != .interrupt { return "\(slot) is not withheld" }
            } else if layout.absent.contains(slot) {
                if seen != .absent { return "\(slot) is not absent" }
            } else if seen != guestGate(layout.source(of: slot)) {
                return "\(slot) is not the guest's gate \(layout.source(of: slot))"
            }
        }
        let table = start..<start + idtr.gateCount * 16
        for offset in 0..<pages * 4096 where !table.contains(offset) {
            let a = guest.load(fromByteOffset: offset, as: UInt8.self)
            let b = shadow.load(fromByteOffset: offset, as: UInt8.self)
            if a != b { return "byte \(offset), which is no gate, differs" }
        }
        return nil
    }
}
