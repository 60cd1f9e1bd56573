/// Message address in remappable format (VT-d 5.1.2.2): it names an entry of the interrupt
/// remapping table, which holds vector and destination.
public struct RemappableMSIAddress: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The message for an entry without a subhandle.
    public init(handle: UInt16) {
        rawValue = 0
        self[.prefix] = 0xfee
        self[.interruptFormat] = true
        self.handle = handle
    }

    /// Whether a write to this address is an interrupt of this format.
    public var isValid: Bool {
        self[.prefix] == 0xfee && self[.interruptFormat] && self[.upper] == 0
    }

    /// All 16 bits of the handle.
    public var handle: UInt16 {
        get { self[.handle14to0] | (self[.handle15] ? 0x8000 : 0) }
        set {
            self[.handle14to0] = newValue
            self[.handle15] = newValue & 0x8000 != 0
        }
    }

    /// Index of the entry that a message with this address and `data` uses (VT-d 5.1.3). Beyond
    /// 65535, the largest table, it is a fault of the message.
    public func interruptIndex(_ data: RemappableMSIData) -> UInt32 {
        UInt32(handle) &+ (self[.subhandleValid] ? UInt32(data[.subhandle]) : 0)
    }
}

extension BitField where Owner == RemappableMSIAddress, Value == UInt32 {
    /// Bits 63:32, zero.
    public static var upper: Self { Self(32...63) }
}

extension BitField where Owner == RemappableMSIAddress, Value == UInt16 {
    /// 0FEEH in every interrupt message.
    public static var prefix: Self { Self(20...31) }
    public static var handle14to0: Self { Self(5...19) }
}

extension BitField where Owner == RemappableMSIAddress, Value == Bool {
    /// Set in this format, clear in that of `MSIAddress`.
    public static var interruptFormat: Self { Self(4) }
    /// SHV: the subhandle in the data is added to the handle.
    public static var subhandleValid: Self { Self(3) }
    public static var handle15: Self { Self(2) }
}
