import CELI
import Interrupts

extension eli_quantum_request: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_quantum_request>.size }
}

extension eli_quantum_state: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_quantum_state>.size }
}

extension eli_statistics: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_statistics>.size }
}

extension eli_host_vector: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_host_vector>.size }
}

/// The calls of `eli_plugin_ops` on the quantum, statistics and host interrupts. See `eli.h`.
enum QuantumCalls {
    static func create(
        _ context: OpaquePointer?, _ request: UnsafePointer<eli_quantum_request>?,
        _ quantum: UnsafeMutablePointer<OpaquePointer?>?, _ message: MessageBuffer
    ) -> Int32 {
        guard context != nil, let quantum else {
            message.write("no context, or no place to store the quantum")
            return -EINVAL
        }
        guard let request = eli_quantum_request.copy(from: request) else {
            message.write("no eli_quantum_request, or one that is too small")
            return -EINVAL
        }
        guard request.flags == 0, request.reserved == 0, request.timer_rate <= 31 else {
            message.write("eli_quantum_request has unknown flags or a timer rate above 31")
            return -EINVAL
        }
        do throws(QuantumRefusal) {
            let latency = request.max_latency_us
            let policy = try QuantumPolicy(
                latency: latency == 0 ? QuantumPolicy.defaultLatency : latency,
                tscKHz: request.tsc_khz, timerRate: UInt8(truncatingIfNeeded: request.timer_rate))
            quantum.pointee = Quantum(policy).retainedPointer()
            return 0
        } catch {
            message.write(error.message)
            return -EINVAL
        }
    }

    static func learn(
        _ quantum: OpaquePointer?, _ statistics: UnsafePointer<eli_statistics>?,
        _ state: UnsafeMutablePointer<eli_quantum_state>?, _ message: MessageBuffer
    ) -> Int32 {
        guard let quantum else {
            message.write("no quantum")
            return -EINVAL
        }
        let object = Quantum.from(quantum)
        var policy = object.policy
        if statistics != nil {
            guard let counted = counted(statistics) else { return noStatistics(message) }
            policy.learn(counted)
        }
        var answer = eli_quantum_state()
        answer.ticks = policy.ticks
        answer.bound = policy.bound
        answer.floor = policy.floor
        guard answer.store(to: state) else {
            message.write("no eli_quantum_state, or one that is too small")
            return -EINVAL
        }
        object.policy = policy
        return 0
    }

    static func since(
        _ now: UnsafePointer<eli_statistics>?, _ earlier: UnsafePointer<eli_statistics>?,
        _ grown: UnsafeMutablePointer<eli_statistics>?, _ message: MessageBuffer
    ) -> Int32 {
        guard let now = counted(now), let earlier = counted(earlier) else {
            return noStatistics(message)
        }
        let counts = now.since(earlier)
        let answer = eli_statistics(
            size: 0, flags: 0, direct_entries: counts.directEntries, bounces: counts.bounces,
            adopted: counts.adopted, host_handled: counts.hostHandled,
            quantum_exits: counts.quantumExits,
            quantum_exits_with_work: counts.quantumExitsWithWork)
        return answer.store(to: grown) ? 0 : noStatistics(message)
    }

    static func protect(
        _ vector: UnsafePointer<eli_host_vector>?, _ open: UnsafeMutablePointer<UInt32>?
    ) -> Int32 {
        let movable = UInt32(ELI_VECTOR_MOVABLE)
        let urgent = UInt32(ELI_VECTOR_URGENT)
        let canBeNMI = UInt32(ELI_VECTOR_CAN_BE_NMI)
        let housekeeping = UInt32(ELI_VECTOR_HOUSEKEEPING)
        let quantum = UInt32(ELI_VECTOR_QUANTUM)
        guard let asked = eli_host_vector.copy(from: vector),
            asked.flags & ~(movable | urgent | canBeNMI | housekeeping | quantum) == 0,
            let vector = UInt8(exactly: asked.vector),
            let highest = UInt8(exactly: asked.highest_owned)
        else { return -EINVAL }
        let cpu = CriticalInterrupts(
            highestOwned: highest, housekeeping: asked.flags & housekeeping != 0,
            quantum: asked.flags & quantum != 0)
        let choice = cpu.choose(
            HostVector(
                vector: vector, movable: asked.flags & movable != 0,
                urgent: asked.flags & urgent != 0, canBeNMI: asked.flags & canBeNMI != 0))
        open?.pointee = choice.open.rawValue
        return Int32(truncatingIfNeeded: choice.protection.rawValue)
    }

    /// A caller's counters, nil if they are not well-formed.
    private static func counted(_ pointer: UnsafePointer<eli_statistics>?) -> DeliveryStatistics? {
        guard let counts = eli_statistics.copy(from: pointer), counts.flags == 0 else { return nil }
        return DeliveryStatistics(
            directEntries: counts.direct_entries, bounces: counts.bounces,
            adopted: counts.adopted, hostHandled: counts.host_handled,
            quantumExits: counts.quantum_exits,
            quantumExitsWithWork: counts.quantum_exits_with_work)
    }

    private static func noStatistics(_ message: MessageBuffer) -> Int32 {
        message.write("no eli_statistics, or one that is too small or has unknown flags")
        return -EINVAL
    }
}
