/// Why an IDT can't be shadowed. The raw values are part of the C interface.
public enum ShadowRefusal: UInt32, Error, Sendable, CaseIterable {
    case notCanonical = 1
    case unaligned = 2
    case limitTooLow = 3
    case pageMissing = 4
    case layoutBeyondTable = 5

    /// The cause, one clause without a full stop.
    public var message: StaticString {
        switch self {
        case .notCanonical: "the IDT's address is not a canonical one"
        case .unaligned:
            "the IDT's address is not a multiple of 8, so half a gate can't be written in one piece"
        case .limitTooLow: "the IDT's limit leaves no room for the 32 exceptions"
        case .pageMissing: "a page of the IDT, or the one to lay over it, is missing or not aligned to 8"
        case .layoutBeyondTable: "the plan replaces gates that the guest's IDT doesn't have"
        }
    }
}
