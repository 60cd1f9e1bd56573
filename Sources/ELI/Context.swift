import CELI

/// One virtual machine's state in the library; C knows it as `eli_context *`.
///
/// Immutable, so any thread may use it.
final class Context: Sendable {
    private let host: HostOperations

    /// - Parameter host: the VMM's callbacks.
    init(host: HostOperations) {
        self.host = host
    }

    /// An owning pointer for C, to be given back through `release(_:)`.
    func retainedPointer() -> OpaquePointer {
        OpaquePointer(Unmanaged.passRetained(self).toOpaque())
    }

    /// Gives back what `retainedPointer()` handed out.
    static func release(_ pointer: OpaquePointer) {
        Unmanaged<Context>.fromOpaque(UnsafeRawPointer(pointer)).release()
    }

    /// The context behind a C pointer.
    static func from(_ pointer: OpaquePointer) -> Context {
        Unmanaged<Context>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }

    /// Tells the VMM's log which reasons were waived on the administrator's word.
    func reportAccepted(_ reasons: UInt64) {
        if reasons & UInt64(KVM_ELI_REASON_NO_INTR_REMAPPING) != 0 {
            host.log(
                Int(ELI_LOG_WARNING),
                "interrupts are not remapped: an assigned device can raise any host vector")
        }
    }
}
