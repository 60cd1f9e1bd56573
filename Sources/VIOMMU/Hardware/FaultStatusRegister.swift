import Interrupts

/// FSTS_REG: faults and errors that await software (VT-d chapter 11, "Fault Status Register").
public struct FaultStatusRegister: Register {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Whether anything awaits software. While it does, nothing further raises a fault event.
    public var isPending: Bool { rawValue & 0xff != 0 }
}

extension BitField where Owner == FaultStatusRegister, Value == Bool {
    /// PFO: primary fault overflow: a fault was dropped. Write 1 to clear.
    public static var pfo: Self { Self(0) }
    /// PPF: primary pending fault: a fault recording register holds a fault.
    public static var ppf: Self { Self(1) }
    /// IQE: invalidation queue error; no descriptor is fetched until it is cleared. Write 1 to
    /// clear.
    public static var iqe: Self { Self(4) }
    /// ICE: invalidation completion error of a device TLB.
    public static var ice: Self { Self(5) }
    /// ITE: invalidation time-out error of a device TLB.
    public static var ite: Self { Self(6) }
}

extension BitField where Owner == FaultStatusRegister, Value == UInt8 {
    /// FRI: index of the fault recording register that was the first to be filled. Means nothing
    /// with PPF clear.
    public static var fri: Self { Self(8...15) }
}
