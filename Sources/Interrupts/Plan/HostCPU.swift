/// A CPU of the host.
public struct HostCPU: Equatable, Sendable {
    /// The host's number for it.
    public let number: UInt32
    /// Whether it runs now.
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
