/// One field of a register: which bits, and what they mean.
///
/// A register declares its fields as static members of `BitField<ThatRegister, Value>`, so that
/// they read as in the manual: `gate[.present]`.
@frozen public struct BitField<Owner: Register, Value: BitFieldValue>: Sendable {
    /// Number of the field's lowest bit.
    @usableFromInline let offset: UInt8
    /// Number of bits, 1...64.
    @usableFromInline let width: UInt8

    /// - Parameter bits: bit numbers as the manual writes them, lowest first.
    @inlinable public init(_ bits: ClosedRange<UInt8>) {
        offset = bits.lowerBound
        width = min(bits.upperBound &- bits.lowerBound &+ 1, 64)
    }

    /// - Parameter bit: the field's only bit.
    @inlinable public init(_ bit: UInt8) {
        offset = bit
        width = 1
    }

    /// All ones in the width of the field, right-aligned.
    @inlinable var mask: UInt64 { UInt64.max &>> UInt64(64 &- width) }
}
