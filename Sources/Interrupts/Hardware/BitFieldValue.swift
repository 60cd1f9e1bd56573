/// What a field of a register can hold.
public protocol BitFieldValue: Sendable {
    /// The value that `bits` encode. Total: bits that don't fit into the type are dropped.
    init(bits: UInt64)

    /// The encoding, right-aligned. Bits that don't fit into the field are dropped on a write.
    var bits: UInt64 { get }
}

extension Bool: BitFieldValue {
    @inlinable public init(bits: UInt64) { self = bits & 1 != 0 }
    @inlinable public var bits: UInt64 { self ? 1 : 0 }
}

extension BitFieldValue where Self: FixedWidthInteger & UnsignedInteger {
    @inlinable public init(bits: UInt64) { self.init(truncatingIfNeeded: bits) }
    @inlinable public var bits: UInt64 { UInt64(truncatingIfNeeded: self) }
}

extension UInt8: BitFieldValue {}
extension UInt16: BitFieldValue {}
extension UInt32: BitFieldValue {}
extension UInt64: BitFieldValue {}
