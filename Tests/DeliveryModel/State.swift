/// One state of CPU, local APICs, KVM and guest, packed into 64 bits.
struct State: Hashable {
    var bits: UInt64 = 0

    private subscript(offset: UInt64, width: UInt64) -> UInt64 {
        get { bits >> offset & (1 << width &- 1) }
        set { bits = bits & ~((1 << width &- 1) << offset) | newValue << offset }
    }

    // The physical local APIC, a bit per vector.
    var irr: UInt64 { get { self[0, 5] } set { self[0, 5] = newValue } }
    var isr: UInt64 { get { self[5, 5] } set { self[5, 5] = newValue } }
    /// Highest priority class that the physical TPR blocks.
    var tpr: UInt64 { get { self[10, 2] } set { self[10, 2] = newValue } }
    // The virtual local APIC, bits of `device` and `fast`.
    var virtualIRR: UInt64 { get { self[12, 5] } set { self[12, 5] = newValue } }
    var virtualISR: UInt64 { get { self[17, 5] } set { self[17, 5] = newValue } }
    /// Highest priority class that the guest's TPR blocks: 0, 1 or 2.
    var virtualTPR: UInt64 { get { self[22, 2] } set { self[22, 2] = newValue } }

    var place: Place {
        get { Place(rawValue: self[24, 3]) ?? .dead }
        set { self[24, 3] = newValue.rawValue }
    }
    /// IF of the guest.
    var interruptsOn: Bool { get { self[27, 1] == 1 } set { self[27, 1] = newValue ? 1 : 0 } }
    /// The guest's IDT: 0 the one it booted with, 1 other memory mapped at its address, every gate
    /// present, 2 not mapped.
    var table: UInt64 { get { self[28, 2] } set { self[28, 2] = newValue } }
    /// 0: `device` is the guest's. 1: it is being taken away, late interrupts may still arrive.
    /// 2: it arrives elsewhere.
    var plan: UInt64 { get { self[30, 2] } set { self[30, 2] = newValue } }
    var enabled: Bool { get { self[32, 1] == 1 } set { self[32, 1] = newValue ? 1 : 0 } }
    /// On the home CPU.
    var home: Bool { get { self[33, 1] == 1 } set { self[33, 1] = newValue ? 1 : 0 } }
    /// No LIDT since the plan was made.
    var armed: Bool { get { self[34, 1] == 1 } set { self[34, 1] = newValue ? 1 : 0 } }
    /// The guest has changed the IDTR behind KVM's back.
    var limitOpen: Bool { get { self[35, 1] == 1 } set { self[35, 1] = newValue ? 1 : 0 } }
    /// A kick (NMI) is on its way to the vCPU.
    var kicked: Bool { get { self[36, 1] == 1 } set { self[36, 1] = newValue ? 1 : 0 } }
    /// An INT n is to be replayed through the guest's full IDT.
    var replay: Bool { get { self[37, 1] == 1 } set { self[37, 1] = newValue ? 1 : 0 } }
    /// An EPT violation has not been handled.
    var fault: Bool { get { self[38, 1] == 1 } set { self[38, 1] = newValue ? 1 : 0 } }
    /// Ticks until the quantum ends.
    var deadline: UInt64 { get { self[39, 2] } set { self[39, 2] = newValue } }

    /// The gates of the guest's devices are not present in the shadow until it is settled.
    var withheld: Bool { get { self[41, 1] == 1 } set { self[41, 1] = newValue ? 1 : 0 } }

    /// `Hold.ownClass`: `disk` is in the class of the system vectors.
    var ownClass: Bool { get { self[54, 1] == 1 } set { self[54, 1] = newValue ? 1 : 0 } }

    func priorityClass(of vector: Vector) -> UInt64 {
        vector == .disk && ownClass ? Vector.timer.priorityClass : vector.priorityClass
    }

    // What the model knows and nobody in it does.
    /// Ticks in the guest since the oldest pending host interrupt arrived.
    var age: UInt64 { get { self[42, 2] } set { self[42, 2] = newValue } }

    /// Interrupts raised and not yet handled.
    func owed(_ vector: Vector) -> UInt64 { self[44 + UInt64(vector.rawValue) * 2, 2] }
    mutating func setOwed(_ vector: Vector, _ count: UInt64) {
        self[44 + UInt64(vector.rawValue) * 2, 2] = min(count, 3)
    }

    /// The guest has just been started, nothing has happened yet.
    static func initial(_ rules: Rules) -> State {
        var state = State()
        state.ownClass = rules.hold == .ownClass
        state.place = .out
        state.enabled = true
        state.home = true
        state.armed = true
        return state
    }

    /// Whether an interrupt of the host's is raised and not handled.
    var hostIsOwed: Bool {
        owed(.other) | owed(.disk) | owed(.timer) != 0
    }

    /// The interrupt that the physical APIC would deliver now, given IF.
    var deliverable: Vector? {
        guard irr != 0 else { return nil }
        var blocked = tpr
        for vector in Vector.byPriority where isr & vector.bit != 0 {
            blocked = max(blocked, priorityClass(of: vector))
            break
        }
        for vector in Vector.byPriority where irr & vector.bit != 0 {
            return priorityClass(of: vector) > blocked ? vector : nil
        }
        return nil
    }

    /// The interrupt that KVM could inject now.
    var injectable: Vector? {
        guard interruptsOn, virtualIRR != 0 else { return nil }
        var blocked = virtualTPR
        for vector in Vector.byPriority where virtualISR & vector.bit != 0 {
            blocked = max(blocked, vector.priorityClass)
            break
        }
        for vector in Vector.byPriority where virtualIRR & vector.bit != 0 {
            return vector.priorityClass > blocked ? vector : nil
        }
        return nil
    }
}
