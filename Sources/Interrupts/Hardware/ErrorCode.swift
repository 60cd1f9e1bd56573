/// Error code that #NP, #GP and other segment exceptions push (SDM vol. 3, 6.13, figure 6-7).
public struct ErrorCode: Register {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The error code of a delivery that failed at the IDT.
    ///
    /// - Parameters:
    ///   - vector: whose gate is absent or lies above the limit.
    ///   - external: whether the event was external to the program: an interrupt, not INT n.
    public init(vector: UInt8, external: Bool) {
        rawValue = 0
        self[.segmentSelectorIndex] = UInt16(vector)
        self[.idt] = true
        self[.ext] = external
    }

    /// The vector, if the error code names a gate of the IDT.
    public var vector: UInt8? {
        guard self[.idt], self[.segmentSelectorIndex] <= 255 else { return nil }
        return UInt8(truncatingIfNeeded: self[.segmentSelectorIndex])
    }
}

extension BitField where Owner == ErrorCode, Value == Bool {
    /// EXT: the exception arose while an event external to the program was being delivered.
    public static var ext: Self { Self(0) }
    /// IDT: the index refers to a gate of the IDT.
    public static var idt: Self { Self(1) }
    /// TI: the index refers to the LDT rather than the GDT. Only with IDT clear.
    public static var ti: Self { Self(2) }
}

extension BitField where Owner == ErrorCode, Value == UInt16 {
    /// Index into the table: the vector if IDT is set.
    public static var segmentSelectorIndex: Self { Self(3...15) }
    public static var reserved: Self { Self(16...31) }
}
