import Interrupts

/// Invalidation wait descriptor: says that all before it has been done (VT-d 6.5.2.8).
public struct WaitDescriptor: Register {
    public var rawValue: UInt128

    public init(rawValue: UInt128) { self.rawValue = rawValue }

    /// A descriptor that raises the completion event.
    public init() {
        rawValue = UInt128(InvalidationDescriptorType.wait.rawValue)
        self[.if] = true
    }

    /// A descriptor that writes to memory.
    ///
    /// - Parameter address: guest-physical, aligned to 4.
    public init(status: UInt32, address: UInt64) {
        rawValue = UInt128(InvalidationDescriptorType.wait.rawValue)
        self[.sw] = true
        self[.statusData] = status
        self[.statusAddress] = address &>> 2
    }

    /// Page-request drain, bit 7, is among them: there are no page requests.
    static var reserved: UInt128 { 0x0000_0000_0000_0003_0000_0000_ffff_f180 }
}

extension BitField where Owner == WaitDescriptor, Value == Bool {
    /// IF: interrupt flag: raise the completion event.
    public static var `if`: Self { Self(4) }
    /// SW: status write: write the status data to the status address.
    public static var sw: Self { Self(5) }
    /// FN: fence flag: what follows is done after what precedes. It always is here.
    public static var fn: Self { Self(6) }
}

extension BitField where Owner == WaitDescriptor, Value == UInt32 {
    public static var statusData: Self { Self(32...63) }
}

extension BitField where Owner == WaitDescriptor, Value == UInt64 {
    /// Guest-physical address, in units of 4 bytes.
    public static var statusAddress: Self { Self(66...127) }
}
