/// The basic exit reasons that reports tell apart, in a vendor's numbering.
struct ExitReasons: Sendable {
    let externalInterrupt: Int
    let interruptWindow: Int
    let hlt: Int
    let io: Int
    /// The VMX preemption timer; SVM has none.
    let preemptionTimer: Int?

    /// SDM vol. 3, appendix C.
    static let vmx = ExitReasons(
        externalInterrupt: 1, interruptWindow: 7, hlt: 12, io: 30, preemptionTimer: 52)
    /// APM vol. 2, appendix C.
    static let svm = ExitReasons(
        externalInterrupt: 0x60, interruptWindow: 0x64, hlt: 0x78, io: 0x7b, preemptionTimer: nil)

    /// - Parameter module: the kvm vendor module.
    static func ofVendor(_ module: String) -> ExitReasons { module == "kvm-intel" ? vmx : svm }

    /// Linux's vector of the local APIC's timer.
    static let timerVector = 0xec
    /// IA32_X2APIC_EOI.
    static let eoiMSR = 0x80b
    /// IA32_X2APIC_ICR.
    static let icrMSR = 0x830
    /// IA32_TSC_DEADLINE.
    static let tscDeadlineMSR = 0x6e0
}
