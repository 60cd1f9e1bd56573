/// What the administrator accepts, mostly a weaker protection of the host.
public struct PlanOptions: Equatable, Sendable {
    /// Direct delivery although the IOMMU does not remap interrupts. Unsafe: labs only.
    public var withoutInterruptRemapping: Bool
    /// Host interrupts that can't be moved may stay below the IDTR limit, behind a gate of the
    /// shadow that is not present. Unsafe: a guest that maps other memory at its IDT's address
    /// receives them.
    public var shadowProtection: Bool
    /// Whether host irqs may have the guest's own vectors. Labs go without, to have gates replaced.
    public var identity: Bool

    public init(
        withoutInterruptRemapping: Bool = false, shadowProtection: Bool = false,
        identity: Bool = true
    ) {
        self.withoutInterruptRemapping = withoutInterruptRemapping
        self.shadowProtection = shadowProtection
        self.identity = identity
    }
}
