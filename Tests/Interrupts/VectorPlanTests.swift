import Interrupts
import Testing

/// What an administrator and a guest see of the plan.
@Suite struct VectorPlanTests {
    /// Four CPUs, 0 and 1 for the host.
    static func host(_ interrupts: [HostInterrupt] = [], remapping: Bool = true) -> HostFacts {
        HostFacts(
            cpus: (0..<4).map { HostCPU(number: $0, online: true, housekeeping: $0 < 2) },
            interrupts: interrupts, interruptRemapping: remapping)
    }

    static func vcpu(
        _ id: UInt32, home: UInt32? = 2, table: UInt32 = 0, gates: Int = 256, shadow: Bool = true
    ) -> VirtualCPU {
        VirtualCPU(apicID: id, home: home, table: table, gateCount: gates, shadowAllowed: shadow)
    }

    static func route(
        _ vector: UInt32, to id: UInt64 = 0, device: UInt32 = 1, index: UInt32 = 0,
        movable: Bool = true
    ) -> Route {
        Route(
            device: device, index: index, address: MSIAddress(rawValue: 0xfee0_0000 | id << 12),
            data: MSIData(rawValue: vector), movable: movable)
    }

    @Test func aLinuxGuestNeedsNoGateChanged() {
        let plan = VectorPlan(
            vcpus: [Self.vcpu(0), Self.vcpu(1, home: 3)],
            routes: [Self.route(0x22), Self.route(0x23, index: 1), Self.route(0x22, to: 1, index: 2)],
            host: Self.host([HostInterrupt(irq: 9, cpu: 2, vector: 0x21, movable: true)]))
        #expect(plan.routes.map(\.placement) == [
            .identity(hostVector: 0x22), .identity(hostVector: 0x23), .identity(hostVector: 0x22),
        ])
        #expect(plan.tables[0].layout.isIdentity)
        #expect(plan.cpus[0].limit == 0x23f)
        #expect(plan.cpus[1].limit == 0x22f)
        #expect(plan.cpus[0].exposures == [.latency])
        #expect(plan.cpus[0].spacers == VectorSet(0x21...0x21))
        #expect(plan.cpus[0].lowestGuestVector == 0x22)
        #expect(plan.moves.map(\.interrupt.irq) == [9])
        #expect(plan.moves.map(\.to) == [0])
    }

    @Test func withoutIdentityEachVectorIsRemapped() {
        let routes = [Self.route(0x22), Self.route(0x23, to: 1, index: 1)]
        let vcpus = [Self.vcpu(0), Self.vcpu(1, home: 3)]
        let plan = VectorPlan(
            vcpus: vcpus, routes: routes, host: Self.host(),
            options: PlanOptions(identity: false))
        // The two vCPUs share a table, so no gate is replaced twice.
        #expect(plan.routes.map(\.placement) == [
            .remapped(hostVector: 0x21), .remapped(hostVector: 0x22),
        ])
        #expect(plan.routes.map(\.notIdentity?.reason) == [.identityOff, .identityOff])
        #expect(plan.cpus.map(\.lowestGuestVector) == [0x22, 0x23])
        let layout = plan.tables[0].layout
        #expect(layout.source(of: 0x21) == 0x22 && layout.source(of: 0x22) == 0x23)
        // 0x22 is a vector of the guest's as well as one of the host's.
        #expect(layout.injected(0x22).map { layout.source(of: $0) } == 0x22)
        #expect(layout.injected(0x23) == 0x23)
        let without = VectorPlan(
            vcpus: [Self.vcpu(0, shadow: false), Self.vcpu(1, home: 3)], routes: routes,
            host: Self.host(), options: PlanOptions(identity: false))
        #expect(without.routes.map(\.placement) == [.injected, .injected])
        #expect(without.routes[0].notDirect?.reason == .shadowRefused)
    }

    @Test func aVectorThatTheHostKeepsIsRemapped() {
        let plan = VectorPlan(
            vcpus: [Self.vcpu(0)], routes: [Self.route(0x80), Self.route(0xfd, index: 1)],
            host: Self.host())
        #expect(plan.routes.map(\.placement) == [
            .remapped(hostVector: 0x81), .remapped(hostVector: 0xe0),
        ])
        #expect(plan.routes[0].notIdentity?.reason == .vectorReserved)
        let layout = plan.tables[0].layout
        #expect(layout.source(of: 0x81) == 0x80)
        #expect(layout.source(of: 0xe0) == 0xfd)
        // The guest's own interrupt 0x81 is injected through a gate that holds its handler.
        #expect(layout.injected(0x81) == 22 && layout.source(of: 22) == 0x81)
        #expect(layout.injected(0x82) == 0x82)
        #expect(plan.cpus[0].exposures == [.latency, .replacedGates])
    }

    @Test func withoutAShadowItIsInjectedAndTheReasonIsGiven() {
        let plan = VectorPlan(
            vcpus: [Self.vcpu(0, shadow: false)], routes: [Self.route(0x80)], host: Self.host())
        #expect(plan.routes[0].placement == .injected)
        #expect(plan.routes[0].notIdentity?.reason == .vectorReserved)
        #expect(plan.routes[0].notDirect?.reason == .shadowRefused)
        #expect(plan.cpus[0].limit == nil)
    }

    @Test func anImmovableIrqBelowIsNamed() {
        let nvme = HostInterrupt(irq: 45, cpu: 2, vector: 0x31, movable: false)
        let plan = VectorPlan(
            vcpus: [Self.vcpu(0)], routes: [Self.route(0x30), Self.route(0x31, index: 1),
                Self.route(0x42, index: 2)],
            host: Self.host([nvme]))
        #expect(plan.routes[0].placement == .identity(hostVector: 0x30))
        #expect(plan.routes[1].notIdentity == Refusal(.vectorOccupied, interrupt: nvme))
        #expect(plan.routes[2].notIdentity == Refusal(.immovableBelow, interrupt: nvme))
        // Both fit below it, behind replaced gates.
        for decision in plan.routes[1...] {
            #expect(decision.placement.hostVector ?? 255 < 0x31)
        }
        #expect(!plan.cpus[0].exposures.contains(.stealable))
    }

    @Test func protectionByTheShadowAloneIsAnExposure() {
        let nvme = HostInterrupt(irq: 45, cpu: 2, vector: 0x31, movable: false)
        let plan = VectorPlan(
            vcpus: [Self.vcpu(0)], routes: [Self.route(0x42)], host: Self.host([nvme]),
            options: PlanOptions(shadowProtection: true))
        #expect(plan.routes[0].placement == .identity(hostVector: 0x42))
        #expect(plan.tables[0].layout.absent == VectorSet(0x31...0x31))
        #expect(plan.tables[0].layout.injected(0x31) == 22)
        #expect(plan.cpus[0].exposures == [.latency, .replacedGates, .stealable])
    }

    @Test func standInsRunOut() {
        let routes = (0..<8).map { Self.route(0xf0 + $0, index: $0) }
        let plan = VectorPlan(vcpus: [Self.vcpu(0)], routes: routes, host: Self.host())
        #expect(plan.routes.filter { $0.placement != .injected }.count == 6)
        #expect(plan.routes[6].notDirect?.reason == .noAliasGate)
        #expect(plan.routes[7].notDirect?.reason == .noAliasGate)
    }

    @Test func remappedVectorsAreUniqueAmongThoseThatShareTheTable() {
        let routes = [Self.route(0xf0), Self.route(0xf1, to: 1, index: 1)]
        let shared = VectorPlan(
            vcpus: [Self.vcpu(0), Self.vcpu(1, home: 3)], routes: routes, host: Self.host())
        #expect(shared.routes.map(\.placement) == [
            .remapped(hostVector: 0xe0), .remapped(hostVector: 0xe1),
        ])
        let own = VectorPlan(
            vcpus: [Self.vcpu(0), Self.vcpu(1, home: 3, table: 7)], routes: routes,
            host: Self.host())
        #expect(own.routes.map(\.placement) == [
            .remapped(hostVector: 0xe0), .remapped(hostVector: 0xe0),
        ])
    }

    @Test(arguments: [
        (vcpu(0, home: nil), PlanRefusal.notPinned), (vcpu(0, home: 9), .homeOffline),
        (vcpu(0, home: 0), .homeIsBootCPU), (vcpu(0, home: 1), .homeIsHousekeeping),
    ])
    func aVCPUThatCanNotBeServed(vcpu: VirtualCPU, reason: PlanRefusal) {
        let plan = VectorPlan(vcpus: [vcpu], routes: [Self.route(0x22)], host: Self.host())
        #expect(plan.routes[0].placement == .injected)
        #expect(plan.routes[0].notDirect?.reason == reason)
        #expect(plan.cpus[0].refusal?.reason == reason)
        #expect(plan.cpus[0].cpu == nil)
    }

    @Test func hostsThatCanNotBeUsed() {
        let alone = HostFacts(
            cpus: [HostCPU(number: 2, online: true, housekeeping: false)], interrupts: [],
            interruptRemapping: true)
        #expect(VectorPlan(vcpus: [Self.vcpu(0)], routes: [], host: alone).cpus[0].refusal?.reason
            == .noHousekeepingCPU)
        let bare = Self.host(remapping: false)
        let refused = VectorPlan(vcpus: [Self.vcpu(0)], routes: [Self.route(0x22)], host: bare)
        #expect(refused.routes[0].notDirect?.reason == .noInterruptRemapping)
        let accepted = VectorPlan(
            vcpus: [Self.vcpu(0)], routes: [Self.route(0x22)], host: bare,
            options: PlanOptions(withoutInterruptRemapping: true))
        #expect(accepted.routes[0].placement == .identity(hostVector: 0x22))
        #expect(accepted.cpus[0].exposures == [.latency, .anyVector])
        let crowded = VectorPlan(
            vcpus: [Self.vcpu(0), Self.vcpu(1)], routes: [Self.route(0x22, to: 1)],
            host: Self.host())
        #expect(crowded.routes[0].notDirect?.reason == .homeShared)
    }

    @Test(arguments: [
        (0x22 as UInt32, 0xfee0_0010 as UInt64, PlanRefusal.remappableFormat),
        (0x422, 0xfee0_0000, .deliveryMode), (0xc022, 0xfee0_0000, .levelTriggered),
        (0x1f, 0xfee0_0000, .exceptionVector), (0x22, 0xfee0_7000, .noDestination),
        (0x22, 0xfeef_f000, .severalDestinations), (0x22, 0xfee0_3004, .severalDestinations),
        (0x22, 0xfee0_4004, .noDestination),
    ])
    func aRouteThatCanNotBeDirect(data: UInt32, address: UInt64, reason: PlanRefusal) {
        let route = Route(
            device: 1, index: 0, address: MSIAddress(rawValue: address),
            data: MSIData(rawValue: data), movable: true)
        let plan = VectorPlan(
            vcpus: [Self.vcpu(0), Self.vcpu(1, home: 3)], routes: [route], host: Self.host())
        #expect(plan.routes[0].placement == .injected)
        #expect(plan.routes[0].notDirect?.reason == reason)
    }

    @Test func aLogicalDestinationOfOneIsDirect() {
        let route = Route(
            device: 1, index: 0, address: MSIAddress(rawValue: 0xfee0_200c),
            data: MSIData(rawValue: 0x122), movable: true)
        let plan = VectorPlan(
            vcpus: [Self.vcpu(0), Self.vcpu(1, home: 3)], routes: [route], host: Self.host())
        #expect(plan.routes[0].vcpu == 1)
        #expect(plan.routes[0].placement == .identity(hostVector: 0x22))
    }

    @Test func aSmallGuestTable() {
        let plan = VectorPlan(
            vcpus: [Self.vcpu(0, gates: 0x30)], routes: [Self.route(0x2f), Self.route(0x30, index: 1)],
            host: Self.host())
        #expect(plan.routes[0].placement == .identity(hostVector: 0x2f))
        #expect(plan.routes[1].notDirect?.reason == .beyondGuestTable)
        #expect(plan.cpus[0].limit == 0x2ff)
    }

    @Test func everyRefusalHasWordsOfItsOwn() {
        var codes: Set<String> = []
        for refusal in PlanRefusal.allCases {
            codes.insert("\(refusal.code)")
            #expect(refusal.message.utf8CodeUnitCount > 10)
            #expect(refusal.remedy.utf8CodeUnitCount > 10)
        }
        #expect(codes.count == PlanRefusal.allCases.count)
    }
}
