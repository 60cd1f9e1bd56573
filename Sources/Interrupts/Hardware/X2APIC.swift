/// Local APIC registers in x2APIC mode, as MSRs (SDM vol. 3, 10.12.1.2, table 10-6).
public enum X2APIC {
    /// Task priority.
    public static let tpr: UInt32 = 0x808
    /// Processor priority, read-only.
    public static let ppr: UInt32 = 0x80a
    /// End of interrupt, write-only. The value must be 0, any other is #GP.
    public static let eoi: UInt32 = 0x80b
    /// Interrupt command.
    public static let icr: UInt32 = 0x830

    /// In-service bits 32n...32n+31, n = 0...7, read-only.
    public static func isr(_ index: UInt32) -> UInt32 { 0x810 &+ (index & 7) }
    /// Trigger mode bits, likewise.
    public static func tmr(_ index: UInt32) -> UInt32 { 0x818 &+ (index & 7) }
    /// Interrupt request bits, likewise.
    public static func irr(_ index: UInt32) -> UInt32 { 0x820 &+ (index & 7) }

    /// Priority class of a vector or of a TPR: bits 7:4 (10.8.3.1). A vector is delivered only if
    /// its class is above that of the processor priority.
    public static func priorityClass(_ value: UInt8) -> UInt8 { value >> 4 }

    /// Logical ID of an APIC: its cluster, and a one-hot place in it (10.12.10.2).
    public static func logicalID(ofAPIC id: UInt32) -> UInt32 {
        (id &>> 4) &<< 16 | 1 &<< (id & 0xf)
    }
}
