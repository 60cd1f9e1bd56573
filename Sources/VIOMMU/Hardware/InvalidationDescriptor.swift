import Interrupts

/// What all descriptors of the invalidation queue have in common (VT-d 6.5.2).
public struct InvalidationDescriptor: Register {
    /// Bytes 0...7 are bits 0...63, bytes 8...15 are bits 64...127.
    public var rawValue: UInt128

    public init(rawValue: UInt128) { self.rawValue = rawValue }

    /// The descriptor's type, from both parts of the field.
    public var type: InvalidationDescriptorType {
        InvalidationDescriptorType(rawValue: self[.type3to0] | self[.type6to4] &<< 4)
    }

    /// Size of a descriptor of 128 bits, in bytes.
    public static var size: UInt64 { 16 }
}

extension BitField where Owner == InvalidationDescriptor, Value == UInt8 {
    public static var type3to0: Self { Self(0...3) }
    public static var type6to4: Self { Self(9...11) }
}
