import Interrupts

extension IOMMU {
    /// FSTS_REG.
    var faultStatus: FaultStatusRegister {
        var register = FaultStatusRegister(rawValue: 0)
        register[.pfo] = faults.hasOverflowed
        register[.ppf] = faults.isPending
        register[.iqe] = queue.error != nil
        register[.fri] = faults.first
        return register
    }

    /// Records a fault. Software is told if nothing else awaits it already (VT-d 7.3).
    mutating func record(_ fault: FaultRecordingRegister) {
        let wasPending = faultStatus.isPending
        if faults.record(fault) { statistics.recordedFaults &+= 1 }
        if !wasPending && faultStatus.isPending { faultEvent.raise() }
    }
}
