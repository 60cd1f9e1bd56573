import Interrupts

/// The registers of an interrupt that the IOMMU itself sends: that of faults or that of completed
/// invalidations (VT-d 7.3 and 6.5.2.8, chapter 11). Either has control, data, address and upper
/// address one after the other, 4 bytes each.
struct EventInterrupt: Sendable {
    private var control = EventControlRegister(rawValue: 1 &<< 31)
    /// Bits that software can write: 15:0.
    private var data: UInt32 = 0
    /// Bits that software can write: 31:2.
    private var address: UInt32 = 0
    private var upperAddress: UInt32 = 0
    /// The message is to be sent.
    private(set) var isDue = false

    /// Software has given it a message.
    var isSetUp: Bool { address != 0 || data != 0 }

    /// What the event stands for has occurred. While masked that is remembered.
    mutating func raise() {
        if control[.im] {
            control[.ip] = true
        } else {
            isDue = true
        }
    }

    /// Software has dealt with what the event stands for: it need not be told any more.
    mutating func withdraw() { control[.ip] = false }

    /// Software has masked the event, as it now turns out, before the message was due.
    mutating func holdIfMasked() {
        guard control[.im], isDue else { return }
        isDue = false
        control[.ip] = true
    }

    /// The register at an offset from the first, a multiple of 4.
    func word(at offset: UInt64) -> UInt32 {
        switch offset {
        case 0: control.rawValue
        case 4: data
        case 8: address
        default: upperAddress
        }
    }

    /// Software writes the register at an offset from the first, a multiple of 4.
    ///
    /// - Parameter extended: whether there is extended interrupt mode. Only that has destinations
    ///   that reach into the upper address.
    mutating func write(_ value: UInt32, at offset: UInt64, extended: Bool) {
        switch offset {
        case 0: write(EventControlRegister(rawValue: value))
        case 4: data = value & 0xffff
        case 8: address = value & ~3
        default: if extended { upperAddress = value }
        }
    }

    /// Software masks or unmasks.
    private mutating func write(_ value: EventControlRegister) {
        control[.im] = value[.im]
        if !control[.im] && control[.ip] {
            control[.ip] = false
            isDue = true
        }
    }

    /// The message, once.
    mutating func takeMessage() -> InterruptMessage? {
        guard isDue else { return nil }
        isDue = false
        return InterruptMessage(
            address: UInt64(address) | UInt64(upperAddress) &<< 32, data: data)
    }

    // MARK: - State

    func save(to writer: inout StateWriter) {
        writer.put(control.rawValue, isDue ? 1 : 0)
        writer.put(address, upperAddress)
        writer.put(UInt64(data))
    }

    mutating func restore(from reader: inout StateReader) {
        let (raw, isDue) = reader.takeHalves()
        control[.im] = EventControlRegister(rawValue: raw)[.im]
        control[.ip] = EventControlRegister(rawValue: raw)[.ip]
        self.isDue = isDue != 0
        let (address, upperAddress) = reader.takeHalves()
        self.address = address & ~3
        self.upperAddress = upperAddress
        data = UInt32(truncatingIfNeeded: reader.take() & 0xffff)
    }
}
