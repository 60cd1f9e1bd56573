import CELI

extension eli_host_ops: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_host_ops>.size }
}

/// The VMM's callbacks, checked and copied.
///
/// `@unchecked`: the ABI promises that `opaque` may be used by any thread.
struct HostOperations: @unchecked Sendable {
    private let table: eli_host_ops

    /// - Returns: nil, with the reason in `message`, for a table that this library can't use.
    init?(_ pointer: UnsafePointer<eli_host_ops>?, message: MessageBuffer) {
        guard let table = eli_host_ops.copy(from: pointer) else {
            message.write("no eli_host_ops, or one that is too small")
            return nil
        }
        guard table.abi_major == UInt32(ELI_ABI_MAJOR) else {
            message.write("the VMM was built for another major version of the ELI interface")
            return nil
        }
        guard table.flags == 0 else {
            message.write("eli_host_ops has flags that this library does not know")
            return nil
        }
        self.table = table
    }

    /// Has the VMM print `message`.
    ///
    /// - Parameter level: one of the `ELI_LOG_*` values.
    func log(_ level: Int, _ message: StaticString) {
        guard let log = table.log, message.hasPointerRepresentation else { return }
        log(table.opaque, Int32(level), UnsafeRawPointer(message.utf8Start).assumingMemoryBound(to: CChar.self))
    }
}
