import CELI

/// The bits KVM_ELI_FEATURE_* that kvm modules report.
struct KVMFeatures: OptionSet, Sendable {
    let rawValue: UInt64

    static let query = KVMFeatures(rawValue: UInt64(KVM_ELI_FEATURE_QUERY))
    static let direct = KVMFeatures(rawValue: UInt64(KVM_ELI_FEATURE_DIRECT))
    static let unsafeInterrupts = KVMFeatures(
        rawValue: UInt64(KVM_ELI_FEATURE_UNSAFE_INTERRUPTS))
    static let shadow = KVMFeatures(rawValue: UInt64(KVM_ELI_FEATURE_SHADOW))

    private static let names: [(feature: KVMFeatures, name: String)] = [
        (.query, "query"), (.direct, "direct mode"), (.shadow, "shadow IDT"),
        (.unsafeInterrupts, "unsafe interrupts accepted"),
    ]

    /// For people; a bit without a name is shown as a number.
    var text: String {
        let known = Self.names.reduce(into: KVMFeatures()) { $0.formUnion($1.feature) }
        let unknown = subtracting(known).rawValue
        let words = Self.names.filter { contains($0.feature) }.map(\.name)
            + (unknown == 0 ? [] : ["0x" + String(unknown, radix: 16)])
        return words.isEmpty ? "no ELI" : words.joined(separator: ", ")
    }
}
