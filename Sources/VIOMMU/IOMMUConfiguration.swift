import Interrupts

/// What an IOMMU is capable of. Fixed for its lifetime: the guest reads it once.
public struct IOMMUConfiguration: Equatable, Sendable {
    /// Width of the addresses that devices use.
    public var addressWidth: AddressWidth = .bits48
    /// Width of the guest's physical addresses, 32...52 bits: that of its CPUs. Higher bits are
    /// reserved in all tables.
    public var hostAddressWidth: UInt8 = 48
    /// Domain ids have this many bits: 4, 6, ... 16.
    public var domainIDBits: UInt8 = 16
    /// Number of fault recording registers, 1...128.
    public var faultRecordingRegisters: UInt8 = 8
    /// Caching mode: the guest reports each new mapping. Whoever mirrors mappings needs it.
    public var cachingMode = true
    /// Context entries may say "pass-through".
    public var passThrough = true
    /// Paging entries may have the SNP bit.
    public var snoopControl = false
    /// Context entries may permit a device TLB, and the guest has those invalidated. Translation
    /// requests of devices are up to the VMM.
    public var deviceTLB = false
    public var interruptRemapping = true
    /// 32-bit destinations of interrupts. Only with interrupt remapping.
    public var extendedInterruptMode = true

    public init() {}

    /// The same with each value brought into its range.
    var normalized: Self {
        var result = self
        result.hostAddressWidth = min(max(hostAddressWidth, 32), 52)
        result.domainIDBits = min(max(domainIDBits & ~1, 4), 16)
        result.faultRecordingRegisters = min(max(faultRecordingRegisters, 1), 128)
        result.extendedInterruptMode = extendedInterruptMode && interruptRemapping
        return result
    }

    /// Highest address mask of a page-selective invalidation: 1 GiB.
    static var highestAddressMask: UInt8 { 18 }
    /// Highest index mask of an interrupt entry cache invalidation.
    static var highestIndexMask: UInt8 { 15 }

    /// CAP_REG, of values in range.
    var capability: CapabilityRegister {
        var register = CapabilityRegister(rawValue: 0)
        register[.nd] = (domainIDBits &- 4) / 2
        register[.cm] = cachingMode
        register[.sagaw] = addressWidth == .bits39 ? 0b010 : 0b110
        register[.mgaw] = addressWidth.rawValue &- 1
        register[.sllps] = 0b11
        register[.fro] = UInt16(truncatingIfNeeded: RegisterOffset.faultRecording / 16)
        register[.nfr] = faultRecordingRegisters &- 1
        register[.psi] = true
        register[.mamv] = Self.highestAddressMask
        register[.dwd] = true
        register[.drd] = true
        return register
    }

    /// ECAP_REG, of values in range.
    var extendedCapability: ExtendedCapabilityRegister {
        var register = ExtendedCapabilityRegister(rawValue: 0)
        register[.c] = true
        register[.qi] = true
        register[.dt] = deviceTLB
        register[.ir] = interruptRemapping
        register[.eim] = extendedInterruptMode
        register[.pt] = passThrough
        register[.sc] = snoopControl
        register[.iro] = UInt16(truncatingIfNeeded: RegisterOffset.invalidateAddress / 16)
        register[.mhmv] = interruptRemapping ? Self.highestIndexMask : 0
        return register
    }
}
