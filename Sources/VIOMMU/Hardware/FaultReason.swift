import Interrupts

/// Why a request was blocked (VT-d appendix "Fault Reason Encodings", for legacy mode, and
/// chapter 7).
public enum FaultReason: UInt8, BitFieldValue, Error {
    /// Not a reason. Stands for all encodings that are not used here.
    case reserved = 0x00
    /// LRT.2: the root entry is not present.
    case rootEntryNotPresent = 0x01
    /// LCT.2: the context entry is not present.
    case contextEntryNotPresent = 0x02
    /// LCT.4: the context entry has an unsupported address width or translation type, or the
    /// table that it names can't be read.
    case contextEntryInvalid = 0x03
    /// LGN.1: the address is above the width of the tables.
    case addressBeyondWidth = 0x04
    /// LGN.2: a write, and the W bit is clear at some level.
    case writeDenied = 0x05
    /// LGN.3: a read, and the R bit is clear at some level.
    case readDenied = 0x06
    /// LSL.1: a paging entry below the first level can't be read.
    case pagingEntryUnreadable = 0x07
    /// LRT.1: the root entry can't be read.
    case rootEntryUnreadable = 0x08
    /// LCT.1: the context entry can't be read.
    case contextEntryUnreadable = 0x09
    /// LRT.3: a reserved bit is set in a present root entry.
    case rootEntryReserved = 0x0a
    /// LCT.3: a reserved bit is set in a present context entry.
    case contextEntryReserved = 0x0b
    /// LSL.2: a reserved bit is set in a paging entry that allows something.
    case pagingEntryReserved = 0x0c
    /// LCT.5: the context entry blocks translation requests and translated requests.
    case translationTypeBlocked = 0x0d
    /// LGN.4: the translation leads into the interrupt address range.
    case interruptAddress = 0x0e

    /// A reserved bit is set in an interrupt request of remappable format.
    case interruptRequestReserved = 0x20
    /// The interrupt index lies beyond the table.
    case interruptIndexBeyondTable = 0x21
    /// The interrupt remapping table's entry is not present.
    case interruptEntryNotPresent = 0x22
    /// The interrupt remapping table's entry can't be read.
    case interruptEntryUnreadable = 0x23
    /// A reserved bit is set in a present entry of the interrupt remapping table.
    case interruptEntryReserved = 0x24
    /// An interrupt request of compatibility format, and those are blocked.
    case compatibilityFormatBlocked = 0x25
    /// The entry is not for interrupts of this source-id.
    case sourceIDMismatch = 0x26
    /// A request to the interrupt address range that is no interrupt.
    case interruptRequestInvalid = 0x29

    /// RTA.1: the root table address register asks for an unsupported translation table mode.
    case translationTableModeInvalid = 0x30

    public init(bits: UInt64) {
        self = FaultReason(rawValue: UInt8(truncatingIfNeeded: bits)) ?? .reserved
    }

    public var bits: UInt64 { UInt64(rawValue) }
}
