/// 64-bit IDT gate descriptor, 16 bytes (SDM vol. 3, 6.14.1 "64-Bit Mode IDT", figure 6-8).
public struct GateDescriptor: Register {
    /// Bytes 0...7 are bits 0...63, bytes 8...15 are bits 64...127.
    public var rawValue: UInt128

    public init(rawValue: UInt128) { self.rawValue = rawValue }

    /// - Parameters:
    ///   - low: bytes 0...7, little-endian.
    ///   - high: bytes 8...15, little-endian.
    public init(low: UInt64, high: UInt64) {
        rawValue = UInt128(truncatingIfNeeded: high) &<< 64 | UInt128(truncatingIfNeeded: low)
    }

    /// Bytes 0...7: everything that decides whether there is a delivery.
    public var low: UInt64 { UInt64(truncatingIfNeeded: rawValue) }
    /// Bytes 8...15: the upper half of the handler's address.
    public var high: UInt64 { UInt64(truncatingIfNeeded: rawValue &>> 64) }

    /// Linear address of the handler, from the three parts of the offset.
    public var offset: UInt64 {
        get {
            UInt64(self[.offset15to0]) | UInt64(self[.offset31to16]) &<< 16
                | UInt64(self[.offset63to32]) &<< 32
        }
        set {
            self[.offset15to0] = UInt16(truncatingIfNeeded: newValue)
            self[.offset31to16] = UInt16(truncatingIfNeeded: newValue &>> 16)
            self[.offset63to32] = UInt32(truncatingIfNeeded: newValue &>> 32)
        }
    }

    /// A gate through which no delivery passes: #NP with the vector in the error code. Its type
    /// must be valid all the same: the CPU checks the type first, and an all-zero gate is #GP.
    public static let absent = GateDescriptor(
        rawValue: UInt128(truncatingIfNeeded: GateType.interrupt.bits) &<< 40)

    /// Size of a gate in the IDT, in bytes.
    public static let size = 16
}

extension BitField where Owner == GateDescriptor, Value == UInt16 {
    public static var offset15to0: Self { Self(0...15) }
    /// Code segment selector of the handler.
    public static var segmentSelector: Self { Self(16...31) }
    public static var offset31to16: Self { Self(48...63) }
}

extension BitField where Owner == GateDescriptor, Value == UInt8 {
    /// Interrupt stack table index, 0 for none.
    public static var ist: Self { Self(32...34) }
    /// Bits 35...39, zero.
    public static var reserved39to35: Self { Self(35...39) }
    /// Least privileged level that may use the gate with INT n, 0...3.
    public static var dpl: Self { Self(45...46) }
}

extension BitField where Owner == GateDescriptor, Value == GateType {
    public static var type: Self { Self(40...43) }
}

extension BitField where Owner == GateDescriptor, Value == Bool {
    /// The S bit of other descriptors, zero in a gate.
    public static var reserved44: Self { Self(44) }
    /// P: clear makes every delivery #NP.
    public static var present: Self { Self(47) }
}

extension BitField where Owner == GateDescriptor, Value == UInt32 {
    public static var offset63to32: Self { Self(64...95) }
    public static var reserved127to96: Self { Self(96...127) }
}
