/// The basic exit reasons that reports tell apart, in a vendor's numbering.
struct ExitReasons: Sendable {
    let externalInterrupt: Int
    let interruptWindow: Int
    let hlt: Int
    let io: Int
    /// The VMX preemption timer; SVM has none.
    let preemptionTimer: Int?
    /// Whether an exit for an external interrupt tells which vector it was: on VMX the exit
    /// acknowledges the interrupt, on SVM it doesn't.
    let tellsVector: Bool

    /// SDM vol. 3, appendix C.
    static let vmx = ExitReasons(
        externalInterrupt: 1, interruptWindow: 7, hlt: 12, io: 30, preemptionTimer: 52,
        tellsVector: true)
    /// APM vol. 2, appendix C.
    static let svm = ExitReasons(
        externalInterrupt: 0x60, interruptWindow: 0x64, hlt: 0x78, io: 0x7b, preemptionTimer: nil,
        tellsVector: false)

    /// IA32_X2APIC_EOI and IA32_TSC_DEADLINE.
    static let eoiMSR = 0x80b
    static let tscDeadlineMSR = 0x6e0
    /// The lowest vector that Linux keeps for itself on each CPU; devices get those below.
    static let firstSystemVector = 0xec
}
