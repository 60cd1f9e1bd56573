/// An object that C holds by an opaque pointer.
protocol Handle: AnyObject {}

extension Handle {
    /// An owning pointer for C, to be given back through `release(_:)`.
    func retainedPointer() -> OpaquePointer {
        OpaquePointer(Unmanaged.passRetained(self).toOpaque())
    }

    /// Gives back what `retainedPointer()` handed out.
    static func release(_ pointer: OpaquePointer?) {
        guard let pointer else { return }
        Unmanaged<Self>.fromOpaque(UnsafeRawPointer(pointer)).release()
    }

    /// The object behind a C pointer.
    static func from(_ pointer: OpaquePointer) -> Self {
        Unmanaged<Self>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }
}
