import Interrupts
import SplitMix64
import Testing

@Suite struct ShadowProperties {
    /// Random writes of every size and alignment, plan changes and settlements. Between any two
    /// steps each gate of an interrupt is the old one, the new one or absent, and whatever is not
    /// withheld is what the guest wrote.
    @Test func randomWrites() throws {
        let tables = 200
        var withheld = 0
        for seed in 0..<UInt64(tables) {
            var random = SplitMix64(seed: seed)
            let base = 0xffff_fe00_0000_0000 | UInt64(random.below(512) * 8)
            let limit: UInt16 = random.below(2) == 0 ? 0xfff : UInt16(0x5ff + random.below(0xa00))
            let table = GuestTable(base: base, limit: limit, random: &random)
            var layout = Self.layout(&random)
            var shadow = try table.makeShadow(layout)
            for step in 0..<randomCases / tables {
                switch random.below(64) {
                case 0:
                    layout = Self.layout(&random)
                    _ = try shadow.apply(layout)
                case 1, 2:
                    shadow.settle()
                    guard shadow.unsettled.isEmpty else {
                        Issue.record("seed \(seed), step \(step): settle() left gates behind")
                        return
                    }
                default:
                    let size = 1 << random.below(5)
                    let page = random.below(shadow.pageCount)
                    let offset = random.below(4096 - size + 1)
                    // Half of the writes keep the upper half's usual value, as kernels do.
                    for byte in offset..<offset + size where random.below(2) == 0 {
                        table.guest.storeBytes(
                            of: UInt8(truncatingIfNeeded: random.next()),
                            toByteOffset: page * 4096 + byte, as: UInt8.self)
                    }
                    let update = shadow.guestWrote(page: page, offset: offset, count: size)
                    if update == .withheld { withheld += 1 }
                }
                // A full walk now and then, and always at the end.
                if step % 97 == 0 || step == randomCases / tables - 1,
                    let fault = table.fault(
                        layout, unsettled: shadow.unsettled, pages: shadow.pageCount)
                {
                    Issue.record("seed \(seed), step \(step): \(fault)")
                    return
                }
            }
        }
        print("shadow: \(randomCases) random steps, \(withheld) writes withheld a gate")
        #expect(withheld > randomCases / 100)
    }

    /// A reader that takes the halves of a gate at two different times, in either order, before,
    /// between or after the steps of an update, never joins halves of different gates.
    @Test func noTornGate() throws {
        for seed in 0..<UInt64(randomCases / 50) {
            var random = SplitMix64(seed: seed)
            let table = Self.shared(&random)
            let vector = UInt8(0x40 + random.below(4))
            var shadow = try table.makeShadow(ShadowLayout())
            var gates: [GateDescriptor] = []
            var lows: [UInt64] = []
            var highs: [UInt64] = []
            func look() {
                lows.append(table.shadowGate(vector).low)
                highs.append(table.shadowGate(vector).high)
            }
            table.setGuest(vector, Self.gate(&random))
            _ = shadow.guestWrote(page: 0, offset: Int(vector) * 16, count: 16)
            shadow.settle()
            gates.append(table.guestGate(vector))
            look()
            for _ in 0..<3 {  // all without a settlement: a reader may span them
                table.setGuest(vector, Self.gate(&random))
                gates.append(table.guestGate(vector))
                _ = shadow.guestWrote(page: 0, offset: Int(vector) * 16, count: 16)
                look()
            }
            for low in lows {
                for high in highs {
                    let seen = GateDescriptor(low: low, high: high)
                    guard !seen[.present] || gates.contains(seen) else {
                        Issue.record("seed \(seed): torn gate \(seen)")
                        return
                    }
                }
            }
        }
    }

    /// A layout with up to three replaced gates and two absent ones, as a plan makes them.
    private static func layout(_ random: inout SplitMix64) -> ShadowLayout {
        var layout = ShadowLayout()
        var slot = ShadowLayout.aliasSlots.lowerBound
        for _ in 0..<random.below(4) {
            let host = UInt8(0x20 + random.below(0x3f))
            guard !layout.displaces(host) else { continue }
            layout.replace(host, with: UInt8(0x20 + random.below(0x40)))
            guard layout.displaces(host) else { continue }
            layout.replace(slot, with: host)
            slot += 1
        }
        for _ in 0..<random.below(3) {
            let host = UInt8(0x20 + random.below(0x3f))
            guard !layout.displaces(host) else { continue }
            layout.withhold(host)
            layout.replace(slot, with: host)
            slot += 1
        }
        return layout
    }

    private static func gate(_ random: inout SplitMix64) -> GateDescriptor {
        var gate = GateDescriptor(low: random.next(), high: random.next() & 0xffff_ffff)
        gate[.type] = .interrupt
        gate[.present] = random.below(4) != 0
        if random.below(2) == 0 { gate[.offset63to32] = 0xffff_ffff }
        return gate
    }

    private static func shared(_ random: inout SplitMix64) -> GuestTable {
        GuestTable(random: &random)
    }
}
