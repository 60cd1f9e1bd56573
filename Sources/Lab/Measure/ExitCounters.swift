/// A reading of the host's tracepoint histograms (Tests/Lab/host/counters).
struct ExitCounters: Equatable {
    /// VM exits by reason (in the vendor's numbering) and interruption information.
    private(set) var exits: [Exit: Int] = [:]
    /// MSR accesses that exited, by index and direction.
    private(set) var msrs: [MSRAccess: Int] = [:]
    /// EOIs that KVM emulated, by guest vector.
    private(set) var eois: [Int: Int] = [:]
    /// MSIs that KVM delivered, by guest vector.
    private(set) var msis: [Int: Int] = [:]

    struct Exit: Hashable {
        let reason: Int
        let interruption: Int
    }

    struct MSRAccess: Hashable {
        let index: Int
        let isWrite: Bool
    }

    init() {}

    /// - Parameter text: lines like "kvm_exit exit_reason:1,intr_info:2147483890=17".
    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard words.count == 2, let equals = words[1].lastIndex(of: "="),
                let count = Int(words[1][words[1].index(after: equals)...])
            else { continue }
            let keys = words[1][..<equals].split(separator: ",").compactMap {
                $0.split(separator: ":").last.flatMap { Int($0) }
            }
            switch (words[0], keys.count) {
            case ("kvm_exit", 2):
                exits[Exit(reason: keys[0], interruption: keys[1]), default: 0] += count
            case ("kvm_msr", 2):
                msrs[MSRAccess(index: keys[0], isWrite: keys[1] != 0), default: 0] += count
            case ("kvm_eoi", 1): eois[keys[0], default: 0] += count
            case ("kvm_msi_set_irq", 1): msis[keys[0] & 0xff, default: 0] += count
            default: continue
            }
        }
    }

    /// What was counted between two readings.
    static func - (after: ExitCounters, before: ExitCounters) -> ExitCounters {
        func difference<Key>(_ after: [Key: Int], _ before: [Key: Int]) -> [Key: Int] {
            after.merging(before) { $0 - $1 }.filter { $0.value != 0 }
        }
        var result = ExitCounters()
        result.exits = difference(after.exits, before.exits)
        result.msrs = difference(after.msrs, before.msrs)
        result.eois = difference(after.eois, before.eois)
        result.msis = difference(after.msis, before.msis)
        return result
    }

    var total: Int { exits.values.reduce(0, +) }

    func exits(reason: Int) -> Int {
        exits.filter { $0.key.reason == reason }.values.reduce(0, +)
    }

    func writes(ofMSR index: Int) -> Int {
        msrs[MSRAccess(index: index, isWrite: true)] ?? 0
    }
}
