import AllocationCounter
import Interrupts

/// Prints what the shadow IDT and the plan cost, and what they allocate.
@main struct InterruptsBenchmark {
    static func main() throws {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * 4096, alignment: 4096)
        defer { memory.deallocate() }
        fill(memory)
        var layout = ShadowLayout()
        layout.replace(0x41, with: 0x80)
        layout.replace(22, with: 0x41)
        layout.withhold(0x50)
        layout.replace(23, with: 0x50)
        let idtr = IDTR(base: 0xffff_fe00_0000_0000, limit: 0xfff)
        func makeShadow() throws -> ShadowIDT {
            try ShadowIDT(
                idtr: idtr, guestPages: (memory, nil), shadowPages: (memory + 8192, nil),
                layout: layout)
        }
        var shadow = try makeShadow()

        print("what                                     median        fastest     repetitions")
        report("build a shadow of 256 gates", batch: 1_000) { _ in
            if let built = try? makeShadow() { shadow = built }
        }
        // What a trapped write does: one gate, standing in one, two and no slots.
        for (name, vector) in [("update a gate", 0x60), ("update a gate in two slots", 0x80)] {
            report(name, batch: 10_000) { number in
                (memory + vector * 16).storeBytes(of: UInt16(truncatingIfNeeded: number), as: UInt16.self)
                _ = shadow.guestWrote(page: 0, offset: vector * 16, count: 8)
            }
        }
        report("update a gate's upper half and settle", batch: 10_000) { number in
            (memory + 0x608).storeBytes(of: UInt32(truncatingIfNeeded: number), as: UInt32.self)
            _ = shadow.guestWrote(page: 0, offset: 0x608, count: 8)
            shadow.settle()
        }
        report("write to other data in the page", batch: 10_000) { number in
            _ = shadow.guestWrote(page: 0, offset: 0x500, count: 8)
        }
        var policy = try QuantumPolicy(tscKHz: 2_000_000, timerRate: 5)
        report("learn from an epoch", batch: 10_000) { number in
            policy.learn(DeliveryStatistics(quantumExits: UInt64(number), quantumExitsWithWork: 3))
        }
        let routes: [Route] = (0..<64).map { (index: UInt32) -> Route in
            let address = UInt64(0xfee0_0000) | UInt64(index % 4) << 12
            return Route(
                device: 1, index: index, address: MSIAddress(rawValue: address),
                data: MSIData(rawValue: 0x22 + index / 4), movable: true)
        }
        let vcpus = (0..<4).map {
            VirtualCPU(apicID: $0, home: 2 + $0, table: 0, gateCount: 256, shadowAllowed: true)
        }
        let host = HostFacts(
            cpus: (0..<8).map { HostCPU(number: $0, online: true, housekeeping: $0 < 2) },
            interrupts: [], interruptRemapping: true)
        var direct = 0
        report("plan 64 routes on 4 vCPUs", batch: 100) { _ in
            let plan = VectorPlan(vcpus: vcpus, routes: routes, host: host)
            direct = plan.routes.count { $0.placement != .injected }
        }
        print("\(direct) of \(routes.count) routes direct; quantum \(policy.ticks) ticks")
    }

    private static func report(_ name: String, batch: Int, _ body: (Int) -> Void) {
        let before = eli_allocation_count()
        for number in 0..<batch { body(number) }
        let allocations = eli_allocation_count() - before
        let measured = Measurement(batch: batch, body)
        print(
            pad(name, 38), pad("\(tenth(measured.median)) ns", 13),
            pad("\(tenth(measured.fastest)) ns", 12), pad("\(measured.repetitions)", 10),
            "\(allocations) allocations in \(batch)")
    }

    private static func tenth(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }

    /// Gates as a kernel has them: present, in the upper half of the address space.
    private static func fill(_ memory: UnsafeMutableRawPointer) {
        for vector in 0..<256 {
            var gate = GateDescriptor(rawValue: 0)
            gate.offset = 0xffff_ffff_8100_0000 + UInt64(vector * 64)
            gate[.segmentSelector] = 0x10
            gate[.type] = .interrupt
            gate[.present] = true
            memory.storeBytes(of: gate.low, toByteOffset: vector * 16, as: UInt64.self)
            memory.storeBytes(of: gate.high, toByteOffset: vector * 16 + 8, as: UInt64.self)
        }
    }
}
