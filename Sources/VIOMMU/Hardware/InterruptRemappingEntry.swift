import Interrupts

/// Entry of the interrupt remapping table, 16 bytes, in remapped format (VT-d chapter 9,
/// "Interrupt Remapping Table Entry for Remapped Interrupts").
public struct InterruptRemappingEntry: Register {
    public var rawValue: UInt128

    public init(rawValue: UInt128) { self.rawValue = rawValue }

    /// An edge-triggered fixed interrupt, from any source.
    ///
    /// - Parameter dst: as the field holds it.
    public init(vector: UInt8, dst: UInt32) {
        rawValue = 0
        self[.v] = vector
        self[.dst] = dst
        self[.p] = true
    }

    /// APIC id or logical destination.
    ///
    /// - Parameter extended: whether IRTA.EIME is set: all of DST, rather than bits 15:8 of it.
    public func destination(extended: Bool) -> UInt32 {
        extended ? self[.dst] : self[.dst] &>> 8 & 0xff
    }

    /// Whether a reserved bit or encoding is used. The bit that makes an entry one of posted format
    /// is among them: CAP.PI is not reported.
    ///
    /// - Parameter extended: whether IRTA.EIME is set; if not, only bits 15:8 of DST may be.
    public func hasReservedBits(extended: Bool) -> Bool {
        if self[.reserved14to12] != 0 || self[.im] || self[.reserved31to24] != 0 { return true }
        if self[.reserved127to84] != 0 || !extended && self[.dst] & ~0xff00 != 0 { return true }
        return self[.dlm].rawValue == 0b011 || self[.dlm].rawValue == 0b110
    }

    /// Whether interrupts of `sourceID` may use the entry, by SVT and SQ.
    public func accepts(_ sourceID: UInt16) -> Bool {
        switch self[.svt] {
        case .noVerification: return true
        case .sourceID: return FunctionMask(rawValue: self[.sq]).matches(sourceID, self[.sid])
        case .busRange:
            let bus = sourceID &>> 8
            return bus >= self[.sid] &>> 8 && bus <= self[.sid] & 0xff
        default: return false
        }
    }

    /// Size of an entry, in bytes.
    public static var size: UInt64 { 16 }
}

extension BitField where Owner == InterruptRemappingEntry, Value == Bool {
    /// P: present.
    public static var p: Self { Self(0) }
    /// FPD: fault processing disable. In effect even if the entry is not present.
    public static var fpd: Self { Self(1) }
    /// DM: the destination is a logical one.
    public static var dm: Self { Self(2) }
    /// RH: to one processor among those that the destination names.
    public static var rh: Self { Self(3) }
    /// TM: level-triggered.
    public static var tm: Self { Self(4) }
    /// IM: the entry is one of posted format.
    public static var im: Self { Self(15) }
}

extension BitField where Owner == InterruptRemappingEntry, Value == DeliveryMode {
    /// DLM: delivery mode.
    public static var dlm: Self { Self(5...7) }
}

extension BitField where Owner == InterruptRemappingEntry, Value == SourceValidationType {
    /// SVT: source validation type.
    public static var svt: Self { Self(82...83) }
}

extension BitField where Owner == InterruptRemappingEntry, Value == UInt8 {
    public static var reserved14to12: Self { Self(12...14) }
    /// V: vector.
    public static var v: Self { Self(16...23) }
    public static var reserved31to24: Self { Self(24...31) }
    /// SQ: source-id qualifier: which bits of the function number are not compared.
    public static var sq: Self { Self(80...81) }
}

extension BitField where Owner == InterruptRemappingEntry, Value == UInt16 {
    /// SID: source-id, or first and last bus.
    public static var sid: Self { Self(64...79) }
}

extension BitField where Owner == InterruptRemappingEntry, Value == UInt32 {
    /// DST: destination.
    public static var dst: Self { Self(32...63) }
}

extension BitField where Owner == InterruptRemappingEntry, Value == UInt64 {
    public static var reserved127to84: Self { Self(84...127) }
}
