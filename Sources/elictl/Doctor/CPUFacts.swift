import Foundation

/// What /proc/cpuinfo says about the first CPU.
struct CPUFacts: Sendable {
    enum Virtualization: String, Sendable {
        case vmx = "VMX"
        case svm = "SVM"
    }

    let vendor: String
    let flags: Set<String>
    /// Of VMX; nil if the kernel doesn't show them.
    let vmxFlags: Set<String>?

    init(cpuinfo: String) {
        let first = cpuinfo.components(separatedBy: "\n\n").first ?? ""
        let fields = HostTree.fields(of: first)
        vendor = fields["vendor_id"] ?? "unknown vendor"
        flags = Self.words(fields["flags"] ?? "")
        vmxFlags = fields["vmx flags"].map(Self.words)
    }

    private static func words(_ text: String) -> Set<String> {
        Set(text.split(separator: " ").map(String.init))
    }

    var virtualization: Virtualization? {
        flags.contains("vmx") ? .vmx : flags.contains("svm") ? .svm : nil
    }

    /// Whether it is a virtual CPU.
    var isGuest: Bool { flags.contains("hypervisor") }
}
