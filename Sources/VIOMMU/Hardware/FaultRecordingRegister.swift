import Interrupts

/// FRCD_REG: one recorded fault, 16 bytes (VT-d chapter 11, "Fault Recording Registers").
public struct FaultRecordingRegister: Register {
    public var rawValue: UInt128

    public init(rawValue: UInt128) { self.rawValue = rawValue }

    /// A fault of a DMA request.
    ///
    /// - Parameters:
    ///   - address: that the device used. Its page is recorded.
    public init(sourceID: UInt16, reason: FaultReason, address: UInt64, isWrite: Bool) {
        rawValue = 0
        self[.fi] = address &>> 12
        self[.sid] = sourceID
        self[.fr] = reason
        self[.t1] = !isWrite
        self[.f] = true
    }

    /// A fault of an interrupt request.
    ///
    /// - Parameters:
    ///   - index: of the interrupt remapping table's entry, 0 if the request has none.
    public init(sourceID: UInt16, reason: FaultReason, interruptIndex index: UInt32) {
        self.init(
            sourceID: sourceID, reason: reason, address: UInt64(index & 0xffff) &<< 48,
            isWrite: true)
    }

    /// Bits that are ever set.
    static var defined: UInt128 { 0xf000_00ff_1000_ffff_ffff_ffff_ffff_f000 }

    /// Size in the register page, in bytes.
    public static var size: UInt64 { 16 }
}

extension BitField where Owner == FaultRecordingRegister, Value == UInt64 {
    /// FI: fault info: number of the page, or the interrupt index in the upper 16 bits.
    public static var fi: Self { Self(12...63) }
}

extension BitField where Owner == FaultRecordingRegister, Value == UInt16 {
    /// SID: source-id.
    public static var sid: Self { Self(64...79) }
}

extension BitField where Owner == FaultRecordingRegister, Value == UInt8 {
    /// AT: address type, 0 for an untranslated request.
    public static var at: Self { Self(124...125) }
}

extension BitField where Owner == FaultRecordingRegister, Value == FaultReason {
    /// FR: fault reason.
    public static var fr: Self { Self(96...103) }
}

extension BitField where Owner == FaultRecordingRegister, Value == Bool {
    /// T2: second bit of the type; set for page requests and atomic operations.
    public static var t2: Self { Self(92) }
    /// T1: first bit of the type; set for reads, clear for writes.
    public static var t1: Self { Self(126) }
    /// F: the register holds a fault. Write 1 to clear.
    public static var f: Self { Self(127) }
}
