/// What the plan needs to know about the host.
public struct HostFacts: Sendable {
    /// All of the host's CPUs.
    public let cpus: [HostCPU]
    /// Interrupts in use, except those of the devices assigned to this VM.
    public let interrupts: [HostInterrupt]
    /// Whether the IOMMU remaps interrupts: if not, a device can raise any vector.
    public let interruptRemapping: Bool
    /// Vectors that the host's allocator can be made to hand out.
    public private(set) var placeable: VectorSet

    public init(
        cpus: [HostCPU], interrupts: [HostInterrupt], interruptRemapping: Bool,
        placeable: VectorSet = HostFacts.linux
    ) {
        self.cpus = cpus
        self.interrupts = interrupts
        self.interruptRemapping = interruptRemapping
        self.placeable = placeable
        self.placeable.subtract(VectorSet(0...31))
    }

    /// What Linux 6.12 on x86 allocates to devices: 0x21-0xeb less the cascade's 0x32 and the
    /// system call's 0x80.
    public static let linux: VectorSet = {
        var vectors = VectorSet(0x21...0xeb)
        vectors.remove(0x32)
        vectors.remove(0x80)
        return vectors
    }()

    /// The CPU to move the host's interrupts to, nil if there is none.
    public var housekeepingCPU: UInt32? {
        var lowest: UInt32?
        for cpu in cpus where cpu.online && cpu.housekeeping {
            lowest = min(lowest ?? cpu.number, cpu.number)
        }
        return lowest
    }

    func cpu(_ number: UInt32) -> HostCPU? {
        for cpu in cpus where cpu.number == number { return cpu }
        return nil
    }
}
