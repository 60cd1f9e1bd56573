/// A reading of the host's tracepoint histograms (Tests/Lab/host/counters).
struct ExitCounters: Equatable {
    /// VM exits by reason, in the vendor's numbering.
    private(set) var exits: [Int: Int] = [:]
    /// Exits after which a handler of the device's host irqs was the first to run, by reason.
    private(set) var deviceExits: [Int: Int] = [:]
    /// MSR writes that exited, by MSR.
    private(set) var msrWrites: [Int: Int] = [:]
    /// EOIs that KVM emulated, by guest vector.
    private(set) var eois: [Int: Int] = [:]
    /// MSIs that KVM took for the guest, by guest vector.
    private(set) var msis: [Int: Int] = [:]
    /// Interrupts that KVM injected, by guest vector.
    private(set) var injections: [Int: Int] = [:]
    /// Accesses to devices' registers that exited, by guest-physical address.
    private(set) var registerAccesses: [Int: Int] = [:]
    /// What VFIO's container was asked for, by ioctl.
    private(set) var vfioRequests: [Int: Int] = [:]

    init() {}

    /// - Parameter text: lines like "kvm_msr ecx:2059,write:1=5".
    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard words.count == 2, let equals = words[1].lastIndex(of: "="),
                let count = Int(words[1][words[1].index(after: equals)...])
            else { continue }
            let fields = words[1][..<equals].split(separator: ",").map { $0.split(separator: ":") }
            guard fields.allSatisfy({ $0.count == 2 }) else { continue }
            let names = fields.map { String($0[0]) }
            let keys = fields.compactMap { Int($0[1]) }
            guard keys.count == fields.count else { continue }
            switch (words[0], names) {
            case ("kvm_exit", ["exit_reason"]): exits[keys[0], default: 0] += count
            case ("device_exit", ["reason"]): deviceExits[keys[0], default: 0] += count
            case ("kvm_msr", ["ecx", "write"]) where keys[1] != 0:
                msrWrites[keys[0], default: 0] += count
            case ("kvm_eoi", ["vector"]): eois[keys[0], default: 0] += count
            // The vector is the low byte of an MSI's data.
            case ("kvm_msi_set_irq", ["data"]): msis[keys[0] & 0xff, default: 0] += count
            case ("kvm_inj_virq", ["vector"]): injections[keys[0], default: 0] += count
            case ("kvm_mmio", ["gpa", "type"]): registerAccesses[keys[0], default: 0] += count
            case ("vfio", ["cmd"]): vfioRequests[keys[0], default: 0] += count
            default: continue
            }
        }
    }

    /// What was counted between two readings.
    static func - (after: ExitCounters, before: ExitCounters) -> ExitCounters {
        func difference(_ counts: KeyPath<ExitCounters, [Int: Int]>) -> [Int: Int] {
            var result = after[keyPath: counts]
            for (key, count) in before[keyPath: counts] { result[key, default: 0] -= count }
            return result.filter { $0.value != 0 }
        }
        var result = ExitCounters()
        result.exits = difference(\.exits)
        result.deviceExits = difference(\.deviceExits)
        result.msrWrites = difference(\.msrWrites)
        result.eois = difference(\.eois)
        result.msis = difference(\.msis)
        result.injections = difference(\.injections)
        result.registerAccesses = difference(\.registerAccesses)
        result.vfioRequests = difference(\.vfioRequests)
        return result
    }

    /// All exits.
    var total: Int { exits.values.reduce(0, +) }

    /// Accesses to a page of registers that exited.
    ///
    /// - Parameter page: its guest-physical address.
    func accesses(toPage page: Int) -> Int {
        registerAccesses.reduce(0) { $0 + ($1.key & ~0xfff == page ? $1.value : 0) }
    }
}
