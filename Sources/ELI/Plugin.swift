import CELI

/// The version that people see.
private let version: StaticString = "0.1.0"

/// The library's table: built on first use, never freed.
///
/// `nonisolated(unsafe)`: written once by the runtime's once-only initializer, then constant.
private nonisolated(unsafe) let table: UnsafePointer<eli_plugin_ops> = permanent(
    eli_plugin_ops(
        size: UInt32(MemoryLayout<eli_plugin_ops>.size),
        abi_major: UInt32(ELI_ABI_MAJOR),
        abi_minor: UInt32(ELI_ABI_MINOR),
        flags: 0,
        version: UnsafeRawPointer(version.utf8Start).assumingMemoryBound(to: CChar.self),
        create: { host, context, message, size in
            create(host, context, MessageBuffer(message, size: size))
        },
        destroy: { context in
            if let context { Context.release(context) }
        },
        admit: { context, facts, blocking, message, size in
            admit(context, facts, blocking, MessageBuffer(message, size: size))
        },
        plan_create: { context, request, previous, plan, message, size in
            PlanCalls.create(
                context, request, previous, plan, MessageBuffer(message, size: size))
        },
        plan_destroy: { plan in Plan.release(plan) },
        plan_route: { plan, index, route, message, size in
            PlanCalls.route(plan, index, route, MessageBuffer(message, size: size))
        },
        plan_cpu: { plan, index, cpu, message, size in
            PlanCalls.cpu(plan, index, cpu, MessageBuffer(message, size: size))
        },
        plan_move: { plan, index, move, message, size in
            PlanCalls.move(plan, index, move, MessageBuffer(message, size: size))
        },
        plan_reason: { reason, code, cause, remedy in
            PlanCalls.reason(reason, code, cause, remedy)
        },
        plan_needs_shadow: { plan, table in PlanCalls.needsShadow(plan, table) },
        plan_inject: { plan, table, vector in PlanCalls.inject(plan, table, vector) },
        shadow_create: { context, request, plan, shadow, message, size in
            ShadowCalls.create(
                context, request, plan, shadow, MessageBuffer(message, size: size))
        },
        shadow_destroy: { shadow in Shadow.release(shadow) },
        shadow_write: { shadow, page, offset, count in
            ShadowCalls.write(shadow, page, offset, count)
        },
        shadow_plan: { shadow, plan, message, size in
            ShadowCalls.apply(shadow, plan, MessageBuffer(message, size: size))
        },
        shadow_settle: { shadow in ShadowCalls.settle(shadow) },
        quantum_create: { context, request, quantum, message, size in
            QuantumCalls.create(context, request, quantum, MessageBuffer(message, size: size))
        },
        quantum_destroy: { quantum in Quantum.release(quantum) },
        quantum_learn: { quantum, statistics, state, message, size in
            QuantumCalls.learn(quantum, statistics, state, MessageBuffer(message, size: size))
        },
        statistics_since: { now, earlier, grown, message, size in
            QuantumCalls.since(now, earlier, grown, MessageBuffer(message, size: size))
        },
        protect: { vector, open in QuantumCalls.protect(vector, open) },
        viommu: viommuTable,
        sidecore: sidecoreTable))

/// The library's table for a major version of the interface. See `eli.h`.
@c @implementation
public func eli_plugin_get(_ abi_major: UInt32) -> UnsafePointer<eli_plugin_ops>? {
    abi_major == UInt32(ELI_ABI_MAJOR) ? table : nil
}

private func create(
    _ host: UnsafePointer<eli_host_ops>?, _ context: UnsafeMutablePointer<OpaquePointer?>?,
    _ message: MessageBuffer
) -> Int32 {
    guard let context else {
        message.write("no place to store the context")
        return -EINVAL
    }
    guard let host = HostOperations(host, message: message) else { return -EINVAL }
    context.pointee = Context(host: host).retainedPointer()
    return 0
}

private func admit(
    _ context: OpaquePointer?, _ facts: UnsafePointer<eli_facts>?,
    _ blocking: UnsafeMutablePointer<UInt64>?, _ message: MessageBuffer
) -> Int32 {
    guard let context, let blocking else {
        message.write("no context, or no place to store the answer")
        return -EINVAL
    }
    guard let facts = eli_facts.copy(from: facts) else {
        message.write("no eli_facts, or one that is too small")
        return -EINVAL
    }
    guard let admission = Admission(facts) else {
        message.write("eli_facts has flags that this library does not know")
        return -EINVAL
    }
    Context.from(context).reportAccepted(admission.accepted)
    blocking.pointee = admission.blocking
    return 0
}
