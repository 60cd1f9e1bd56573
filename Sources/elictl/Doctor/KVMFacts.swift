import CELI
import Foundation

/// What the kvm modules say about ELI.
enum KVMFacts: Equatable, Sendable {
    /// There is no /dev/kvm.
    case absent
    /// It can't be opened, or is no KVM: an errno.
    case inaccessible(Int32)
    /// No KVM_CAP_X86_ELI: the modules are not patched.
    case stock
    /// KVM_ELI_QUERY fails: an errno.
    case unanswered(Int32)
    case answered(KVMFeatures, ReasonBits)

    /// Numbers of linux/kvm.h and asm-generic/ioctl.h, whose macros Swift can't use.
    private enum Request {
        private static let kvm: UInt = 0xae << 8
        static let apiVersion = kvm | 0x00
        static let checkExtension = kvm | 0x03
        /// KVM_ELI_QUERY: it reads and writes three 64-bit words.
        static let query = 3 << 30 | UInt(3 * MemoryLayout<UInt64>.size) << 16 | kvm | 0xf7
    }

    /// Asks KVM, for this process.
    static func read(device: String = "/dev/kvm") -> KVMFacts {
        let file = open(device, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return errno == ENOENT ? .absent : .inaccessible(errno) }
        defer { close(file) }
        guard ioctl(file, Request.apiVersion, 0) >= 0 else { return .inaccessible(errno) }
        guard ioctl(file, Request.checkExtension, CInt(KVM_CAP_X86_ELI)) > 0 else { return .stock }
        var query = kvm_eli_query()
        query.size = UInt32(MemoryLayout<kvm_eli_query>.size)
        guard ioctl(file, Request.query, &query) == 0 else { return .unanswered(errno) }
        return .answered(
            KVMFeatures(rawValue: query.features), ReasonBits(rawValue: query.reasons))
    }
}
