/// What query-eli answers. The words of its enumerations are kept as they come: a newer QEMU has
/// more of them.
struct ELIInfo: Decodable, Sendable {
    struct Reason: Decodable, Sendable {
        let code: String
        let message: String
        let remedy: String

        var text: String { "\(message) (\(remedy))" }
    }
    struct Library: Decodable, Sendable {
        let path: String
        let version: String
        let abi: String
    }
    struct VCPU: Decodable, Sendable {
        let cpuIndex: Int
        let homeCpu: Int?
        /// "direct" or "injection".
        let mode: String
        let waits: [String]
        let idtrLimit: Int?
        let quantumUs: Int?
        let refusal: Reason?
    }
    struct Route: Decodable, Sendable {
        let device: String?
        let path: String
        let index: Int
        let cpuIndex: Int?
        let guestVector: Int
        let hostVector: Int?
        /// "identity", "remapped" or "injected".
        let placement: String
        /// "placed", "refused" and so on.
        let state: String
        let hostIrq: Int?
        let reason: Reason?

        var name: String { "\(device ?? path)[\(index)]" }
    }
    struct Pin: Decodable, Sendable {
        let device: String?
        let path: String
        let pin: String
        let reason: Reason

        var name: String { "\(device ?? path)[\(pin)]" }
    }

    /// What the accelerator's property asks for: "on", "off" or "auto".
    let mode: String
    let active: Bool
    let supported: Bool
    let reasons: [Reason]
    let library: Library?
    let kvmFeatures: UInt64
    let maxLatencyUs: Int
    let vcpus: [VCPU]
    let routes: [Route]
    let pins: [Pin]
}
