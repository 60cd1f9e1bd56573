/// Why a route is not delivered as one would wish. The raw values are part of the C interface.
public enum PlanRefusal: UInt32, Sendable, CaseIterable {
    case remappableFormat = 1
    case deliveryMode = 2
    case levelTriggered = 3
    case exceptionVector = 4
    case noDestination = 5
    case severalDestinations = 6
    case notPinned = 7
    case homeOffline = 8
    case homeIsBootCPU = 9
    case homeIsHousekeeping = 10
    case noHousekeepingCPU = 11
    case homeShared = 12
    case noInterruptRemapping = 13
    case immovableDevice = 14
    case beyondGuestTable = 15
    case vectorReserved = 16
    case vectorOccupied = 17
    case immovableBelow = 18
    case vectorTaken = 19
    case gateReplaced = 20
    case shadowRefused = 21
    case noAliasGate = 22
    case noHostVector = 23
    case kept = 24
    case identityOff = 25

    /// Stable identifier for programs.
    public var code: StaticString { words.code }
    /// The cause, one clause without a full stop.
    public var message: StaticString { words.message }
    /// What to do about it, one sentence without a full stop.
    public var remedy: StaticString { words.remedy }

    private var words: (code: StaticString, message: StaticString, remedy: StaticString) {
        switch self {
        case .remappableFormat:
            ("remappable-format", "the message is not one of compatibility format",
                "have the virtual IOMMU translate it first")
        case .deliveryMode:
            ("delivery-mode", "the guest asked for a delivery mode other than fixed",
                "nothing: NMI, SMI and INIT always go through the host")
        case .levelTriggered:
            ("level-triggered", "the interrupt is level-triggered",
                "have the guest's driver use MSI or MSI-X")
        case .exceptionVector:
            ("exception-vector", "the guest's vector is one of those of exceptions, below 32",
                "nothing: the guest has not set up this interrupt")
        case .noDestination:
            ("no-destination", "the interrupt goes to no vCPU",
                "nothing: the guest has not set up this interrupt")
        case .severalDestinations:
            ("several-destinations", "the interrupt may go to several vCPUs",
                "set its affinity in the guest to one CPU")
        case .notPinned:
            ("not-pinned", "the vCPU's thread may run on several host CPUs",
                "pin the vCPU to one CPU")
        case .homeOffline:
            ("home-offline", "the vCPU's host CPU is not online",
                "bring the CPU online or pin the vCPU elsewhere")
        case .homeIsBootCPU:
            ("home-is-boot-cpu", "the vCPU is pinned to CPU 0, which keeps the host's interrupts",
                "pin the vCPU to another CPU")
        case .homeIsHousekeeping:
            ("home-is-housekeeping", "the vCPU is pinned to a housekeeping CPU of the host",
                "pin the vCPU to another CPU")
        case .noHousekeepingCPU:
            ("no-housekeeping-cpu", "no online CPU is left for the host's own interrupts",
                "leave one host CPU without an exitless vCPU")
        case .homeShared:
            ("home-shared", "another vCPU of this VM is pinned to the same host CPU",
                "pin each vCPU to a CPU of its own")
        case .noInterruptRemapping:
            ("no-interrupt-remapping", "the host does not remap interrupts",
                "enable VT-d or AMD-Vi with interrupt remapping in firmware and kernel")
        case .immovableDevice:
            ("immovable-device", "the host can not move the device's irq",
                "use a driver of the host that does not manage the irq's affinity")
        case .beyondGuestTable:
            ("beyond-guest-table", "the guest's IDT has no gate for the vector",
                "nothing: the guest would get #GP on real hardware as well")
        case .vectorReserved:
            ("vector-reserved", "the host gives this vector to no device",
                "allow a shadow IDT")
        case .vectorOccupied:
            ("vector-occupied", "a host irq that can't be moved has this vector on the CPU",
                "unbind that irq's driver, or pin the vCPU to another CPU")
        case .immovableBelow:
            ("immovable-below", "a host irq that can't be moved has a lower vector on the CPU",
                "unbind that irq's driver, or pin the vCPU to another CPU")
        case .vectorTaken:
            ("vector-taken", "another device interrupt of the vCPU has the same vector",
                "allow a shadow IDT, or give the guest fewer interrupts per CPU")
        case .gateReplaced:
            ("gate-replaced", "the vector's gate is replaced for another vCPU that shares the IDT",
                "restart delivery, so that the plan is made anew")
        case .shadowRefused:
            ("shadow-refused", "the guest's IDT can't be shadowed",
                "nothing: the VMM says why it can't")
        case .noAliasGate:
            ("no-alias-gate", "all gates that can stand in for displaced ones are in use",
                "assign fewer devices, or move their interrupts to other CPUs in the guest")
        case .noHostVector:
            ("no-host-vector", "no vector on the CPU is free for it",
                "move host interrupts away from the CPU")
        case .kept:
            ("kept", "the gate chosen when its own vector was not free is kept",
                "restart delivery, so that the plan is made anew")
        case .identityOff:
            ("identity-off", "the guest's own vectors are not to be used on the host",
                "don't switch them off")
        }
    }
}
