/// A word that hardware defines, with fields declared by `BitField`.
public protocol Register: Equatable, Sendable {
    associatedtype Storage: FixedWidthInteger & UnsignedInteger & Sendable

    /// The word as hardware reads and writes it.
    var rawValue: Storage { get set }

    /// Every word is a value: reserved bits are kept as they are.
    init(rawValue: Storage)
}

extension Register {
    /// A field's value. A write leaves all other bits alone and drops bits that don't fit.
    @inlinable public subscript<Value>(field: BitField<Self, Value>) -> Value {
        get {
            let shifted = rawValue &>> Storage(truncatingIfNeeded: field.offset)
            return Value(bits: UInt64(truncatingIfNeeded: shifted) & field.mask)
        }
        set {
            let offset = Storage(truncatingIfNeeded: field.offset)
            let mask = Storage(truncatingIfNeeded: field.mask) &<< offset
            let bits = Storage(truncatingIfNeeded: newValue.bits & field.mask) &<< offset
            rawValue = (rawValue & ~mask) | bits
        }
    }
}
