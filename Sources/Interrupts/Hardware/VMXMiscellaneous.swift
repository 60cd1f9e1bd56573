/// IA32_VMX_MISC, MSR 485H (SDM vol. 3, A.6 "Miscellaneous Data"): read-only.
public struct VMXMiscellaneous: Register {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// TSC ticks per tick of the VMX-preemption timer, which counts down when bit X of the TSC
    /// changes: 2 to the power of X.
    public var tscTicksPerTimerTick: UInt64 { 1 &<< UInt64(self[.preemptionTimerRate]) }
}

extension BitField where Owner == VMXMiscellaneous, Value == UInt8 {
    /// X: number of the TSC bit whose changes the VMX-preemption timer counts.
    public static var preemptionTimerRate: Self { Self(0...4) }
    /// Activity states supported: HLT, shutdown, wait-for-SIPI, from bit 0 up.
    public static var activityStates: Self { Self(6...8) }
    /// N: the lists of MSRs to load and store may hold 512 * (N + 1) entries.
    public static var maximumMSRCount: Self { Self(25...27) }
}

extension BitField where Owner == VMXMiscellaneous, Value == Bool {
    /// VM exits store IA32_EFER.LMA in the "IA-32e mode guest" VM-entry control.
    public static var storesLMA: Self { Self(5) }
    /// Intel PT can be used in VMX operation.
    public static var processorTrace: Self { Self(14) }
    /// RDMSR can read IA32_SMBASE in SMM.
    public static var smbaseReadable: Self { Self(15) }
    /// IA32_SMM_MONITOR_CTL bit 2 may be set.
    public static var smiUnblocking: Self { Self(28) }
    /// VMWRITE can write read-only fields.
    public static var vmwriteAnyField: Self { Self(29) }
    /// VM entry can inject software interrupts of instruction length 0.
    public static var zeroLengthInjection: Self { Self(30) }
}

extension BitField where Owner == VMXMiscellaneous, Value == UInt16 {
    /// Number of CR3-target values.
    public static var cr3TargetCount: Self { Self(16...24) }
}

extension BitField where Owner == VMXMiscellaneous, Value == UInt32 {
    /// MSEG revision identifier.
    public static var msegRevision: Self { Self(32...63) }
}
