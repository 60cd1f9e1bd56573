import CELI
import Interrupts

extension eli_plan_request: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_plan_request>.size }
}

/// What a plan is made from, checked and copied out of the caller's arrays.
struct PlanRequest {
    let vcpus: [VirtualCPU]
    let routes: [Route]
    let host: HostFacts
    let options: PlanOptions

    /// - Returns: nil, with the reason in `message` and the errno in `error`, for a request that
    ///   is not well-formed.
    init?(_ pointer: UnsafePointer<eli_plan_request>?, _ message: MessageBuffer, error: inout Int32) {
        error = -EINVAL
        guard let request = eli_plan_request.copy(from: pointer) else {
            message.write("no eli_plan_request, or one that is too small")
            return nil
        }
        let remapping = UInt32(ELI_PLAN_INTR_REMAPPING)
        let admitted = UInt32(ELI_PLAN_ADMIT_NO_INTR_REMAPPING)
        let stealable = UInt32(ELI_PLAN_ADMIT_STEALABLE)
        let noIdentity = UInt32(ELI_PLAN_NO_IDENTITY)
        guard request.flags & ~(remapping | admitted | stealable | noIdentity) == 0 else {
            message.write("eli_plan_request has flags that this library does not know")
            return nil
        }
        guard request.vcpu_count <= UInt32(ELI_PLAN_MAX_VCPUS),
            request.route_count <= UInt32(ELI_PLAN_MAX_ROUTES),
            request.cpu_count <= UInt32(ELI_PLAN_MAX_CPUS),
            request.irq_count <= UInt32(ELI_PLAN_MAX_IRQS)
        else {
            message.write("eli_plan_request has more elements than this library plans for")
            error = -E2BIG
            return nil
        }
        guard
            let vcpus = Self.elements(request.vcpus, request.vcpu_count, request.vcpu_size, Self.vcpu),
            let routes = Self.elements(
                request.routes, request.route_count, request.route_size, Self.route),
            let cpus = Self.elements(request.cpus, request.cpu_count, request.cpu_size, Self.cpu),
            let irqs = Self.elements(request.irqs, request.irq_count, request.irq_size, Self.irq)
        else {
            message.write(
                """
                an array of eli_plan_request is missing, has too small elements, or one with \
                unknown flags or a value out of its range
                """)
            return nil
        }
        self.vcpus = vcpus
        self.routes = routes
        host = HostFacts(
            cpus: cpus, interrupts: irqs, interruptRemapping: request.flags & remapping != 0)
        options = PlanOptions(
            withoutInterruptRemapping: request.flags & admitted != 0,
            shadowProtection: request.flags & stealable != 0,
            identity: request.flags & noIdentity == 0)
    }

    /// Converts an array whose elements may be longer than this library knows.
    ///
    /// - Returns: nil if there is no array, its elements are too short, or one can't be converted.
    private static func elements<Source, Element>(
        _ pointer: UnsafePointer<Source>?, _ count: UInt32, _ size: UInt32,
        _ convert: (Source) -> Element?
    ) -> [Element]? {
        guard count > 0 else { return [] }
        guard let pointer, Int(size) >= MemoryLayout<Source>.size else { return nil }
        var elements: [Element] = []
        elements.reserveCapacity(Int(count))
        for index in 0..<Int(count) {
            let raw = UnsafeRawPointer(pointer) + index * Int(size)
            guard let element = convert(raw.loadUnaligned(as: Source.self)) else { return nil }
            elements.append(element)
        }
        return elements
    }

    private static func vcpu(_ vcpu: eli_vcpu) -> VirtualCPU? {
        guard vcpu.flags & ~UInt32(ELI_VCPU_SHADOW) == 0, vcpu.idt_limit <= 0xffff else { return nil }
        let idtr = IDTR(base: 0, limit: UInt16(truncatingIfNeeded: vcpu.idt_limit))
        return VirtualCPU(
            apicID: vcpu.apic_id, home: vcpu.home_cpu == .max ? nil : vcpu.home_cpu,
            table: vcpu.table, gateCount: idtr.gateCount,
            shadowAllowed: vcpu.flags & UInt32(ELI_VCPU_SHADOW) != 0)
    }

    private static func route(_ route: eli_route) -> Route? {
        guard route.flags & ~UInt32(ELI_ROUTE_MOVABLE) == 0 else { return nil }
        return Route(
            device: route.device, index: route.index,
            address: MSIAddress(rawValue: route.address), data: MSIData(rawValue: route.data),
            movable: route.flags & UInt32(ELI_ROUTE_MOVABLE) != 0)
    }

    private static func cpu(_ cpu: eli_cpu) -> HostCPU? {
        let online = UInt32(ELI_CPU_ONLINE)
        let housekeeping = UInt32(ELI_CPU_HOUSEKEEPING)
        guard cpu.flags & ~(online | housekeeping) == 0 else { return nil }
        return HostCPU(
            number: cpu.cpu, online: cpu.flags & online != 0,
            housekeeping: cpu.flags & housekeeping != 0)
    }

    private static func irq(_ irq: eli_host_irq) -> HostInterrupt? {
        guard irq.flags & ~UInt32(ELI_IRQ_MOVABLE) == 0, irq.vector <= 255 else { return nil }
        return HostInterrupt(
            irq: irq.irq, cpu: irq.cpu, vector: UInt8(truncatingIfNeeded: irq.vector),
            movable: irq.flags & UInt32(ELI_IRQ_MOVABLE) != 0)
    }
}
