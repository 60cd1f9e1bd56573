/// Offsets of registers in the register page, in bytes (VT-d chapter 11, "Register Location").
///
/// Registers not named here read as zero and ignore writes: those of protected memory, advanced
/// fault logging, page requests, performance monitoring and virtual commands, none of which the
/// capability registers report.
public enum RegisterOffset {
    public static var version: UInt64 { 0x00 }
    public static var capability: UInt64 { 0x08 }
    public static var extendedCapability: UInt64 { 0x10 }
    public static var globalCommand: UInt64 { 0x18 }
    public static var globalStatus: UInt64 { 0x1c }
    public static var rootTableAddress: UInt64 { 0x20 }
    public static var contextCommand: UInt64 { 0x28 }
    public static var faultStatus: UInt64 { 0x34 }
    public static var faultEventControl: UInt64 { 0x38 }
    public static var faultEventData: UInt64 { 0x3c }
    public static var faultEventAddress: UInt64 { 0x40 }
    public static var faultEventUpperAddress: UInt64 { 0x44 }
    public static var invalidationQueueHead: UInt64 { 0x80 }
    public static var invalidationQueueTail: UInt64 { 0x88 }
    public static var invalidationQueueAddress: UInt64 { 0x90 }
    public static var invalidationCompletionStatus: UInt64 { 0x9c }
    public static var invalidationEventControl: UInt64 { 0xa0 }
    public static var invalidationEventData: UInt64 { 0xa4 }
    public static var invalidationEventAddress: UInt64 { 0xa8 }
    public static var invalidationEventUpperAddress: UInt64 { 0xac }
    public static var invalidationQueueError: UInt64 { 0xb0 }
    public static var interruptRemappingTableAddress: UInt64 { 0xb8 }
    /// Where ECAP.IRO says.
    public static var invalidateAddress: UInt64 { 0xf0 }
    public static var iotlbInvalidate: UInt64 { 0xf8 }
    /// The first of the fault recording registers, 16 bytes each: where CAP.FRO says.
    public static var faultRecording: UInt64 { 0x220 }
    /// Size of the register page.
    public static var pageSize: UInt64 { 0x1000 }
}
