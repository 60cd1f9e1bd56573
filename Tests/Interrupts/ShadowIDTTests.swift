import Interrupts
import SplitMix64
import Testing

@Suite struct ShadowIDTTests {
    /// 0x41 goes where 0x80 does, 0x50 is the host's, and 22 and 23 stand in for them.
    static var layout: ShadowLayout {
        var layout = ShadowLayout()
        layout.replace(0x41, with: 0x80)
        layout.replace(22, with: 0x41)
        layout.withhold(0x50)
        layout.replace(23, with: 0x50)
        return layout
    }

    @Test(arguments: [
        (0xffff_fe00_0000_0000 as UInt64, 0xfff as UInt16, 1), (0xffff_fe00_0000_0000, 0x8ff, 1),
        (0xffff_fe00_0000_0008, 0xfff, 2), (0xffff_fe00_0000_0ff8, 0xfff, 2),
        (0xffff_fe00_0000_0f00, 0x81f, 2), (0xffff_fe00_0000_0100, 0x817, 1), (0, 0xffff, 1),
    ])
    func everySizeAndPlace(base: UInt64, limit: UInt16, pages: Int) throws {
        var random = SplitMix64(seed: base ^ UInt64(limit))
        let table = GuestTable(base: base, limit: limit, random: &random)
        let layout = limit > 0x817 ? Self.layout : {
            var layout = ShadowLayout()
            layout.replace(0x41, with: 0x42)
            return layout
        }()
        let shadow = try table.makeShadow(layout)
        #expect(shadow.pageCount == pages)
        #expect(table.fault(layout, pages: pages) == nil)
    }

    @Test func whatIsRefused() {
        var random = SplitMix64(seed: 1)
        func refusal(_ base: UInt64, _ limit: UInt16, _ layout: ShadowLayout = ShadowLayout())
            -> ShadowRefusal?
        {
            let table = GuestTable(base: base, limit: limit, random: &random)
            do throws(ShadowRefusal) {
                _ = try table.makeShadow(layout)
                return nil
            } catch { return error }
        }
        #expect(refusal(0x8000_0000_0000_0000, 0xfff) == .notCanonical)
        #expect(refusal(0x1004, 0xfff) == .unaligned)
        #expect(refusal(0x1000, 0x1fe) == .limitTooLow)
        #expect(refusal(0x1000, 0x1ff) == nil)
        #expect(refusal(0x1000, 0x7ff, Self.layout) == .layoutBeyondTable)
        #expect(refusal(0x1000, 0x80e, Self.layout) == .layoutBeyondTable)
        #expect(refusal(0x1000, 0x80f, Self.layout) == nil)
        let table = GuestTable(base: 0x1100, random: &random)
        #expect(throws: ShadowRefusal.pageMissing) {
            try ShadowIDT(
                idtr: table.idtr, guestPages: (table.guest, nil),
                shadowPages: (table.shadow, table.shadow + 4096), layout: ShadowLayout())
        }
        #expect(throws: ShadowRefusal.pageMissing) {
            try ShadowIDT(
                idtr: table.idtr, guestPages: (table.guest, table.guest + 4096),
                shadowPages: (table.shadow + 4, table.shadow + 4096), layout: ShadowLayout())
        }
    }

    @Test func aNewHandlerNearbyIsSeenAtOnceWhereverItsGateStands() throws {
        var random = SplitMix64(seed: 2)
        let table = GuestTable(random: &random)
        var shadow = try table.makeShadow(Self.layout)
        var gate = table.guestGate(0x80)
        gate[.offset15to0] = ~gate[.offset15to0]
        table.setGuest(0x80, gate)
        #expect(shadow.guestWrote(page: 0, offset: 0x800, count: 2) == .published)
        #expect(table.shadowGate(0x80) == gate)
        #expect(table.shadowGate(0x41) == gate)
    }

    @Test func aNewHandlerFarAwayIsWithheldUntilNobodyCanBeReadingTheGate() throws {
        var random = SplitMix64(seed: 3)
        let table = GuestTable(random: &random)
        var shadow = try table.makeShadow(Self.layout)
        let old = table.shadowGate(0x41)
        var gate = table.guestGate(0x80)
        gate.offset = ~gate.offset
        table.setGuest(0x80, gate)
        #expect(shadow.guestWrote(page: 0, offset: 0x800, count: 16) == .withheld)
        for slot: UInt8 in [0x41, 0x80] {
            #expect(table.shadowGate(slot).low == GateDescriptor.absent.low)
            #expect(table.shadowGate(slot).high == old.high)
            #expect(shadow.unsettled.contains(slot))
        }
        // It stays so while the guest goes on writing.
        #expect(shadow.guestWrote(page: 0, offset: 0x800, count: 8) == .withheld)
        #expect(!table.shadowGate(0x41)[.present])
        shadow.settle()
        #expect(table.fault(Self.layout, pages: 1) == nil)
        #expect(shadow.unsettled.isEmpty)
    }

    @Test func exceptionsAreNeverWithheld() throws {
        var random = SplitMix64(seed: 4)
        let table = GuestTable(random: &random)
        var shadow = try table.makeShadow(Self.layout)
        table.setGuest(14, GateDescriptor(low: random.next(), high: random.next()))
        #expect(shadow.guestWrote(page: 0, offset: 14 * 16, count: 16) == .published)
        #expect(table.fault(Self.layout, pages: 1) == nil)
    }

    @Test func theHostsGateStaysAbsentWhateverTheGuestWrites() throws {
        var random = SplitMix64(seed: 5)
        let table = GuestTable(random: &random)
        var shadow = try table.makeShadow(Self.layout)
        for offset in 0x500..<0x510 {
            table.guest.storeBytes(of: 0xff, toByteOffset: offset, as: UInt8.self)
            _ = shadow.guestWrote(page: 0, offset: offset, count: 1)
            #expect(table.shadowGate(0x50) == .absent)
        }
        shadow.settle()
        #expect(table.shadowGate(0x50) == .absent)
        #expect(table.shadowGate(23) == table.guestGate(0x50))
    }

    @Test func aPlanIsReplacedAndTakenBack() throws {
        var random = SplitMix64(seed: 6)
        let table = GuestTable(random: &random)
        var shadow = try table.makeShadow(ShadowLayout())
        #expect(try shadow.apply(Self.layout) == .withheld)
        #expect(table.fault(Self.layout, unsettled: shadow.unsettled, pages: 1) == nil)
        shadow.settle()
        #expect(table.fault(Self.layout, pages: 1) == nil)
        _ = try shadow.apply(ShadowLayout())
        shadow.settle()
        #expect(table.fault(ShadowLayout(), pages: 1) == nil)
        #expect(try shadow.apply(ShadowLayout()) == .published)
    }

    @Test func writesOutsideTheTableAreCopiedAndNonsenseIsIgnored() throws {
        var random = SplitMix64(seed: 7)
        let table = GuestTable(base: 0x1100, limit: 0x7ff, random: &random)
        var shadow = try table.makeShadow(ShadowLayout())
        for offset in [0, 0xff, 0x900, 0xfff] {
            table.guest.storeBytes(of: UInt8(offset & 0xff) ^ 0x5a, toByteOffset: offset, as: UInt8.self)
            #expect(shadow.guestWrote(page: 0, offset: offset, count: .max) == .published)
        }
        #expect(table.fault(ShadowLayout(), pages: 1) == nil)
        for (page, offset, count) in [
            (-1, 0, 8), (1, 0, 8), (.max, 0, 1), (0, -8, 8), (0, 4096, 1), (0, .max, .max),
            (0, .min, .min), (0, 0, 0), (0, 0, .min),
        ] {
            #expect(shadow.guestWrote(page: page, offset: offset, count: count) == .published)
        }
        #expect(table.fault(ShadowLayout(), pages: 1) == nil)
    }
}
