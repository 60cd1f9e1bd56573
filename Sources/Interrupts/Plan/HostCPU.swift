/// A CPU of the host.
public struct HostCPU: Equatable, Sendable {
    public let number: UInt32
    public let online: Bool
    /// Left to the host's own interrupts: no vCPU is served there.
    public let housekeeping: Bool

    public init(number: UInt32, online: Bool, housekeeping: Bool) {
        self.number = number
        self.online = online
        self.housekeeping = housekeeping
    }

    /// CPU 0 keeps interrupts that no one can move, so it is never an ELI CPU.
    public var isBoot: Bool { number == 0 }
}
