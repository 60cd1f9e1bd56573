/// Message address register in compatibility format (SDM vol. 3, 10.11.1, figure 10-24;
/// VT-d 5.1.2.1).
public struct MSIAddress: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Whether a write to this address is an interrupt of this format: 0FEEH above, and the
    /// interrupt format bit clear.
    public var isValid: Bool {
        self[.prefix] == 0xfee && !self[.interruptFormat] && self[.upper] == 0
    }

    /// APIC ID or logical destination, 15 bits: those of the field, and above them the seven that
    /// KVM and Hyper-V take from bits 11:5, which the manual reserves and has zero.
    public var destination: UInt32 {
        UInt32(self[.destinationID]) | UInt32(self[.extendedDestinationID]) &<< 8
    }
}

extension BitField where Owner == MSIAddress, Value == UInt32 {
    /// Bits 63:32, zero.
    public static var upper: Self { Self(32...63) }
}

extension BitField where Owner == MSIAddress, Value == UInt16 {
    /// 0FEEH in every interrupt message.
    public static var prefix: Self { Self(20...31) }
}

extension BitField where Owner == MSIAddress, Value == UInt8 {
    public static var destinationID: Self { Self(12...19) }
    /// Reserved by the manual. With KVM's and Hyper-V's extension, destination bits 14:8.
    public static var extendedDestinationID: Self { Self(5...11) }
}

extension BitField where Owner == MSIAddress, Value == Bool {
    /// Set: remappable format (VT-d 5.1.2), see `RemappableMSIAddress`.
    public static var interruptFormat: Self { Self(4) }
    /// RH: to one processor among those that the destination names.
    public static var redirectionHint: Self { Self(3) }
    /// DM: the destination is a logical one.
    public static var destinationMode: Self { Self(2) }
}
