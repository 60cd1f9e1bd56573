/// Where the vCPU is.
enum Place: UInt64 {
    /// In KVM's run loop, the host's interrupts on.
    case host = 0
    /// Out of the run loop: halted, preempted, in the VMM, about to move.
    case out = 1
    /// In the guest, external-interrupt exiting off.
    case direct = 2
    /// In the guest as with stock KVM.
    case injection = 3
    /// After a triple fault.
    case dead = 4
}
