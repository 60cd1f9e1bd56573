/// The rules of the protocol, each of which can be turned off.
enum Rule: Int, CaseIterable {
    /// The IDTR limit is cut behind the highest guest-owned vector.
    case limitCut
    /// An interrupt whose delivery was #NP or #GP is given to the host's handler.
    case dispatchBounced
    /// So is one whose delivery met any other exit.
    case dispatchInterrupted
    /// That other exit is handled as well.
    case handleInterrupted
    /// After a triple fault the physical ISR is searched.
    case scanAfterTripleFault
    /// At every exit the guest's vectors in service move to the virtual APIC.
    case drainAtExit
    /// What is pending in the virtual IRR stays so in that move.
    case preserveIRR
    /// No direct mode while the virtual ISR has a bit.
    case noDirectInService
    /// No direct mode while there is something to inject.
    case noDirectPending
    /// No direct mode while the guest's TPR reaches the class of its lowest vector.
    case taskPriority
    /// Writes of the TPR exit.
    case trapTPR
    /// No direct mode but on the home CPU.
    case homeOnly
    /// LIDT exits.
    case trapLIDT
    /// No direct mode after LIDT until the plan is made anew.
    case planAfterLIDT
    /// SIDT exits.
    case trapSIDT
    /// Only what the IDT-vectoring information calls an external interrupt is one.
    case recogniseExternal
    /// INT n that the limit hides is replayed rather than reflected.
    case replaySoftware
    /// The quantum ends direct mode.
    case quantum
    /// Exits that don't let the host's interrupts in don't renew the deadline.
    case absoluteDeadline
    /// The physical TPR raised by a hold is lowered before the run loop is left,
    case releaseHoldAtLeave
    /// and before an entry in injection mode.
    case releaseHoldForInjection
    /// No hold after the quantum has ended.
    case noHoldAfterQuantum
    /// A hold doesn't count as letting the host's interrupts in.
    case holdKeepsDeadline
    /// No direct mode while a vector that was taken away may still arrive.
    case quiescePlan
    /// No host vector lies below the limit, not even behind a gate that is not present.
    case noForeignBelowLimit
    /// External-interrupt exiting is on in injection mode.
    case exitOnExternal
    /// Writes of EOI exit in injection mode.
    case trapEOI
    /// NMIs exit.
    case exitOnNMI
    /// #NP exits in injection mode as well while a shadow withholds gates, and is not the guest's.
    case retryWithheldGate
    /// A shadow is settled only while the vCPU is outside the guest.
    case settleOutside
    /// No direct mode while switched off.
    case enabledOnly
}
