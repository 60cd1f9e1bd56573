import CELI
import Interrupts

extension eli_route_plan: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_route_plan>.size }
}

extension eli_cpu_plan: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_cpu_plan>.size }
}

extension eli_irq_move: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_irq_move>.size }
}

/// The calls of `eli_plugin_ops` on plans. See `eli.h`.
enum PlanCalls {
    private static let none: UInt32 = .max

    static func create(
        _ context: OpaquePointer?, _ request: UnsafePointer<eli_plan_request>?,
        _ previous: OpaquePointer?, _ plan: UnsafeMutablePointer<OpaquePointer?>?,
        _ message: MessageBuffer
    ) -> Int32 {
        guard context != nil, let plan else {
            message.write("no context, or no place to store the plan")
            return -EINVAL
        }
        var error: Int32 = 0
        guard let request = PlanRequest(request, message, error: &error) else { return error }
        let made = VectorPlan(
            vcpus: request.vcpus, routes: request.routes, host: request.host,
            options: request.options, previous: previous.map { Plan.from($0).plan })
        plan.pointee = Plan(made).retainedPointer()
        return 0
    }

    static func route(
        _ plan: OpaquePointer?, _ index: UInt32, _ route: UnsafeMutablePointer<eli_route_plan>?,
        _ message: MessageBuffer
    ) -> Int32 {
        guard let plan else { return noPlan(message) }
        let decisions = Plan.from(plan).plan.routes
        guard Int(index) < decisions.count else { return noElement(message) }
        let decision = decisions[Int(index)]
        var answer = eli_route_plan()
        answer.vcpu = decision.vcpu.map { UInt32(truncatingIfNeeded: $0) } ?? none
        answer.guest_vector = UInt32(decision.guestVector)
        answer.host_vector = decision.placement.hostVector.map { UInt32($0) } ?? none
        switch decision.placement {
        case .injected: answer.placement = UInt32(ELI_INJECTED)
        case .identity: answer.placement = UInt32(ELI_IDENTITY)
        case .remapped: answer.placement = UInt32(ELI_REMAPPED)
        }
        answer.not_identity = decision.notIdentity?.reason.rawValue ?? 0
        answer.not_direct = decision.notDirect?.reason.rawValue ?? 0
        let refusal = decision.notDirect ?? decision.notIdentity
        let blocking = decision.notDirect?.interrupt ?? decision.notIdentity?.interrupt
        answer.blocking_irq = blocking?.irq ?? none
        guard answer.store(to: route) else { return noStruct(message) }
        explain(refusal, blocking, message)
        return 0
    }

    static func cpu(
        _ plan: OpaquePointer?, _ index: UInt32, _ cpu: UnsafeMutablePointer<eli_cpu_plan>?,
        _ message: MessageBuffer
    ) -> Int32 {
        guard let plan else { return noPlan(message) }
        let decisions = Plan.from(plan).plan.cpus
        guard Int(index) < decisions.count else { return noElement(message) }
        let decision = decisions[Int(index)]
        var answer = eli_cpu_plan()
        answer.cpu = decision.cpu ?? none
        answer.refusal = decision.refusal?.reason.rawValue ?? 0
        answer.idtr_limit = decision.limit.map { UInt32($0) } ?? none
        answer.lowest_guest_vector = decision.lowestGuestVector.map { UInt32($0) } ?? none
        answer.exposures = decision.exposures.rawValue
        withUnsafeMutableBytes(of: &answer.owned) { fill($0, decision.owned) }
        withUnsafeMutableBytes(of: &answer.spacers) { fill($0, decision.spacers) }
        guard answer.store(to: cpu) else { return noStruct(message) }
        explain(decision.refusal, decision.refusal?.interrupt, message)
        return 0
    }

    static func move(
        _ plan: OpaquePointer?, _ index: UInt32, _ move: UnsafeMutablePointer<eli_irq_move>?,
        _ message: MessageBuffer
    ) -> Int32 {
        guard let plan else { return noPlan(message) }
        let moves = Plan.from(plan).plan.moves
        guard Int(index) < moves.count else { return noElement(message) }
        let decision = moves[Int(index)]
        var answer = eli_irq_move()
        answer.irq = decision.interrupt.irq
        answer.cpu = decision.interrupt.cpu
        answer.vector = UInt32(decision.interrupt.vector)
        answer.to = decision.to
        return answer.store(to: move) ? 0 : noStruct(message)
    }

    static func reason(
        _ reason: UInt32, _ code: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
        _ cause: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
        _ remedy: UnsafeMutablePointer<UnsafePointer<CChar>?>?
    ) -> Int32 {
        guard let refusal = PlanRefusal(rawValue: reason) else { return -ENOENT }
        code?.pointee = cString(refusal.code)
        cause?.pointee = cString(refusal.message)
        remedy?.pointee = cString(refusal.remedy)
        return 0
    }

    static func needsShadow(_ plan: OpaquePointer?, _ table: UInt32) -> Int32 {
        guard let plan else { return -EINVAL }
        guard let decision = Plan.from(plan).plan.table(table) else { return -ENOENT }
        return decision.layout.isIdentity ? 0 : 1
    }

    static func inject(_ plan: OpaquePointer?, _ table: UInt32, _ vector: UInt32) -> Int32 {
        guard let plan, let vector = UInt8(exactly: vector) else { return -EINVAL }
        guard let decision = Plan.from(plan).plan.table(table),
            let injected = decision.layout.injected(vector)
        else { return -ENOENT }
        return Int32(injected)
    }

    // MARK: - Answers

    private static func fill(_ bytes: UnsafeMutableRawBufferPointer, _ vectors: VectorSet) {
        let registers = vectors.registers
        for index in 0..<8 where index * 4 + 4 <= bytes.count {
            bytes.storeBytes(of: registers[index], toByteOffset: index * 4, as: UInt32.self)
        }
    }

    /// Tells a person about a refusal; an empty message without one.
    private static func explain(
        _ refusal: Refusal?, _ interrupt: HostInterrupt?, _ message: MessageBuffer
    ) {
        var writer = MessageWriter(message)
        guard let refusal else { return }
        writer.append(refusal.reason.message)
        if let interrupt {
            writer.append(" (irq ")
            writer.append(interrupt.irq)
            writer.append(", vector ")
            writer.append(UInt32(interrupt.vector), base: 16)
            writer.append(" of CPU ")
            writer.append(interrupt.cpu)
            writer.append(" is in the way)")
        }
        writer.append("; ")
        writer.append(refusal.reason.remedy)
    }

    /// The compiler puts a NUL behind every literal.
    private static func cString(_ text: StaticString) -> UnsafePointer<CChar>? {
        guard text.hasPointerRepresentation else { return nil }
        return UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    private static func noPlan(_ message: MessageBuffer) -> Int32 {
        message.write("no plan")
        return -EINVAL
    }

    private static func noStruct(_ message: MessageBuffer) -> Int32 {
        message.write("no struct for the answer, or one that is too small")
        return -EINVAL
    }

    private static func noElement(_ message: MessageBuffer) -> Int32 {
        message.write("the plan has no element of this index")
        return -ENOENT
    }
}
