/// The interrupts of the model, in ascending priority.
///
/// `device` and `fast` are the guest's devices; `fast` has the highest guest-owned vector. `disk`
/// is a host device of the same priority class, `timer` stands for all system vectors of the host:
/// timer, IPIs. `other` is a host device on the CPU that the vCPU may move to, on the vector that
/// `device` has at home.
enum Vector: Int, CaseIterable {
    case device = 0
    case other = 1
    case fast = 2
    case disk = 3
    case timer = 4

    var bit: UInt64 { 1 << UInt64(rawValue) }

    /// Priority class (SDM vol. 3, 10.8.3.1), where `disk` shares one with `fast`.
    var priorityClass: UInt64 {
        switch self {
        case .device, .other: 1
        case .fast, .disk: 2
        case .timer: 3
        }
    }

    var isDevices: Bool { self == .device || self == .fast }

    /// Highest first.
    static let byPriority: [Vector] = allCases.reversed()
}
