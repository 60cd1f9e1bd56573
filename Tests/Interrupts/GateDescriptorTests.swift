import Interrupts
import SplitMix64
import Testing

/// Encodings worked out by hand from figure 6-8: offset 31:16 | P DPL 0 type 0 IST | selector |
/// offset 15:0, then offset 63:32.
@Suite struct GateDescriptorTests {
    @Test func aKernelInterruptGate() {
        // Handler ffffffff81c00bd0, selector 10, IST 0, P=1, DPL=0, type E.
        let gate = GateDescriptor(low: 0x81c0_8e00_0010_0bd0, high: 0x0000_0000_ffff_ffff)
        #expect(gate.offset == 0xffff_ffff_81c0_0bd0)
        #expect(gate[.segmentSelector] == 0x10)
        #expect(gate[.ist] == 0)
        #expect(gate[.type] == .interrupt)
        #expect(gate[.dpl] == 0)
        #expect(gate[.present])
        #expect(gate[.reserved127to96] == 0)
    }

    @Test func aUserCallableTrapGateWithAnInterruptStack() {
        var gate = GateDescriptor(rawValue: 0)
        gate.offset = 0x1122_3344_5566_7788
        gate[.segmentSelector] = 0x33
        gate[.ist] = 5
        gate[.type] = .trap
        gate[.dpl] = 3
        gate[.present] = true
        #expect(gate.low == 0x5566_ef05_0033_7788)
        #expect(gate.high == 0x0000_0000_1122_3344)
    }

    @Test func theAbsentGateHasAValidTypeAndNoPresence() {
        #expect(GateDescriptor.absent.low == 0x0000_0e00_0000_0000)
        #expect(GateDescriptor.absent.high == 0)
        #expect(GateDescriptor.absent[.type] == .interrupt)
        #expect(!GateDescriptor.absent[.present])
    }

    @Test func eachFieldLeavesTheOthersAlone() {
        let fields: [(GateDescriptor) -> UInt128] = [
            { var g = $0; g[.offset15to0] = ~g[.offset15to0]; return g.rawValue ^ $0.rawValue },
            { var g = $0; g[.segmentSelector] = ~g[.segmentSelector]; return g.rawValue ^ $0.rawValue },
            { var g = $0; g[.ist] = ~g[.ist]; return g.rawValue ^ $0.rawValue },
            { var g = $0; g[.reserved39to35] = ~g[.reserved39to35]; return g.rawValue ^ $0.rawValue },
            { var g = $0; g[.type] = GateType(rawValue: ~g[.type].rawValue); return g.rawValue ^ $0.rawValue },
            { var g = $0; g[.reserved44].toggle(); return g.rawValue ^ $0.rawValue },
            { var g = $0; g[.dpl] = ~g[.dpl]; return g.rawValue ^ $0.rawValue },
            { var g = $0; g[.present].toggle(); return g.rawValue ^ $0.rawValue },
            { var g = $0; g[.offset31to16] = ~g[.offset31to16]; return g.rawValue ^ $0.rawValue },
            { var g = $0; g[.offset63to32] = ~g[.offset63to32]; return g.rawValue ^ $0.rawValue },
            { var g = $0; g[.reserved127to96] = ~g[.reserved127to96]; return g.rawValue ^ $0.rawValue },
        ]
        let masks: [UInt128] = [
            0xffff, 0xffff << 16, 0x7 << 32, 0x1f << 35, 0xf << 40, 1 << 44, 3 << 45, 1 << 47,
            0xffff << 48, 0xffff_ffff << 64, 0xffff_ffff << 96,
        ]
        var random = SplitMix64(seed: 0x9a7e)
        for _ in 0..<1000 {
            let gate = GateDescriptor(low: random.next(), high: random.next())
            for (field, mask) in zip(fields, masks) { #expect(field(gate) == mask) }
        }
        #expect(masks.reduce(0, |) == UInt128.max)
    }

    @Test func halvesRoundTrip() {
        var random = SplitMix64(seed: 0x4a1f)
        for _ in 0..<1000 {
            let low = random.next()
            let high = random.next()
            let gate = GateDescriptor(low: low, high: high)
            #expect(gate.low == low && gate.high == high)
            var rebuilt = gate
            rebuilt.offset = gate.offset
            #expect(rebuilt == gate)
        }
    }
}
