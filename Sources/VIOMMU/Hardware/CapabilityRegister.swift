import Interrupts

/// CAP_REG: what DMA remapping can do (VT-d chapter 11, "Capability Register").
public struct CapabilityRegister: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

extension BitField where Owner == CapabilityRegister, Value == UInt8 {
    /// ND: domain ids have 4 + 2 × ND bits.
    public static var nd: Self { Self(0...2) }
    /// SAGAW: supported widths of second-level tables; bit 1 is 39 bits, bit 2 is 48 bits.
    public static var sagaw: Self { Self(8...12) }
    /// MGAW: maximum guest address width, less one.
    public static var mgaw: Self { Self(16...21) }
    /// SLLPS: second-level large pages; bit 0 is 2 MiB, bit 1 is 1 GiB.
    public static var sllps: Self { Self(34...37) }
    /// NFR: number of fault recording registers, less one.
    public static var nfr: Self { Self(40...47) }
    /// MAMV: highest address mask of a page-selective invalidation.
    public static var mamv: Self { Self(48...53) }
}

extension BitField where Owner == CapabilityRegister, Value == UInt16 {
    /// FRO: offset of the fault recording registers, in units of 16 bytes.
    public static var fro: Self { Self(24...33) }
}

extension BitField where Owner == CapabilityRegister, Value == Bool {
    /// AFL: advanced fault logging.
    public static var afl: Self { Self(3) }
    /// RWBF: software must flush write buffers.
    public static var rwbf: Self { Self(4) }
    /// PLMR: protected low-memory region.
    public static var plmr: Self { Self(5) }
    /// PHMR: protected high-memory region.
    public static var phmr: Self { Self(6) }
    /// CM: caching mode. Software invalidates after changes to non-present entries as well.
    public static var cm: Self { Self(7) }
    /// ZLR: zero-length reads of write-only pages are not blocked.
    public static var zlr: Self { Self(22) }
    /// PSI: page-selective invalidation.
    public static var psi: Self { Self(39) }
    /// DWD: invalidation drains writes if asked to.
    public static var dwd: Self { Self(54) }
    /// DRD: invalidation drains reads if asked to.
    public static var drd: Self { Self(55) }
}
