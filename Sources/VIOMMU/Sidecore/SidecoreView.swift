import Interrupts
import Synchronization

/// The register page as memory: what the guest sees of an IOMMU's registers while its accesses
/// don't exit.
///
/// The registers in `IOMMU` stay the authority. The page is filled from them when it opens, is
/// brought up to date by `IOMMU.nextEffect`, which also takes the guest's writes out of it, and is
/// drained into them when it closes.
///
/// ## Who owns a word of an open page
/// - *The guest*: addresses, data and doorbells. The IOMMU reads them when it needs them, and never
///   stores there, so that no write is lost. A tail asks for work as long as it differs from the
///   head, a register-based invalidation as long as bit 63 is set: a level, not an edge.
/// - *GCMD_REG*: the guest writes, the IOMMU takes what was written by an exchange with `idle`,
///   a value in reserved bits. Any command closes the page, as one may change what the page is
///   allowed to be, and drivers check GSTS_REG at once.
/// - *FECTL_REG and IECTL_REG*: both write. The IOMMU replaces what it published last, and nothing
///   else; what differs is the guest's write, which is carried out first.
/// - *The IOMMU*: all others. A write of the guest's there means nothing, and is undone.
///
/// What is cleared by writing 1 (FSTS_REG, ICS_REG, F of FRCD_REG) is never shown set in an open
/// page: a guest that writes back what it read would change nothing, and be missed. Such status
/// closes the page, and the interrupt that tells of it is sent when it is closed.
///
/// ## Threads
/// `hasWork` is for one thread that polls, without a lock. All else is, like the IOMMU's calls, for
/// one at a time. Both look only at atomic words, so that a poll during another's call finds work
/// that has just been done at worst.
///
/// `@unchecked`: what `hasWork` looks at is atomic or constant.
public final class SidecoreView: @unchecked Sendable {
    /// What the guest sees.
    let page: RegisterPage
    /// What the IOMMU has last stored there, or taken from there, word for word. Nobody else's.
    let published: RegisterPage
    private let open = Atomic<Bool>(false)
    public internal(set) var statistics = SidecoreStatistics()
    /// Number of fault recording registers.
    let faultRegisters: UInt64

    /// In reserved bits of GCMD_REG, which software writes as 0: nothing was commanded.
    static var idle: UInt32 { 0x002d_4495 }

    /// - Parameters:
    ///   - address: of the page, which is 4096 bytes, aligned to 8. Must stay as long as the view.
    ///   - faultRegisters: as the IOMMU has, 1...128.
    /// - Returns: nil if there is no address or it isn't aligned.
    public init?(page address: UnsafeMutableRawPointer?, faultRegisters: UInt8) {
        guard let page = RegisterPage(address) else { return nil }
        self.page = page
        published = .allocate()
        self.faultRegisters = UInt64(faultRegisters)
    }

    deinit { published.deallocate() }

    /// Whether the guest's accesses go to the page. Any thread may ask.
    public internal(set) var isOpen: Bool {
        get { open.load(ordering: .acquiring) }
        // The page is filled before it opens, and drained after it has closed.
        set { open.store(newValue, ordering: .sequentiallyConsistent) }
    }

    /// Whether the guest has written what is to be carried out. Reads a few words, and takes no
    /// lock.
    ///
    /// - Parameter thorough: to look for writes to what the guest can't write, too, which only
    ///   the guest itself would ever notice.
    public func hasWork(thorough: Bool = false) -> Bool {
        guard isOpen else { return false }
        let tail = InvalidationQueueOffsetRegister(
            rawValue: page.load64(RegisterOffset.invalidationQueueTail))
        let head = InvalidationQueueOffsetRegister(
            rawValue: published.load64(RegisterOffset.invalidationQueueHead))
        return tail[.index] != head[.index]
            || page.load32(RegisterOffset.globalCommand) != Self.idle
            || isAsked(RegisterOffset.contextCommand) || isAsked(RegisterOffset.iotlbInvalidate)
            || isChanged(RegisterOffset.faultEventControl)
            || isChanged(RegisterOffset.invalidationEventControl)
            // Ones that the guest wrote to clear what isn't set look like set ones until undone.
            || isChanged(RegisterOffset.faultStatus)
            || thorough && firstChangedOfOurs() != nil
    }

    /// Whether a word isn't what was published.
    func isChanged(_ offset: UInt64) -> Bool {
        page.load32(offset) != published.load32(offset)
    }

    /// Whether bit 63 is set by the guest, rather than still set of a command that was taken.
    func isAsked(_ offset: UInt64) -> Bool {
        page.load64(offset) &>> 63 != 0 && published.load64(offset) &>> 63 == 0
    }

    /// The first of the words that are the IOMMU's which the guest has written.
    private func firstChangedOfOurs() -> UInt64? {
        var found: UInt64?
        forEachOfOurs { offset in
            if found == nil, isChanged(offset) { found = offset }
        }
        return found
    }

    /// Calls `body` with each register, or half of one, that only the IOMMU writes.
    func forEachOfOurs(_ body: (UInt64) -> Void) {
        func bothHalves(_ register: UInt64) {
            body(register)
            body(register &+ 4)
        }
        body(RegisterOffset.version)
        bothHalves(RegisterOffset.capability)
        bothHalves(RegisterOffset.extendedCapability)
        body(RegisterOffset.globalStatus)
        body(RegisterOffset.faultStatus)
        bothHalves(RegisterOffset.invalidationQueueHead)
        // Locked while the queue is enabled, as it is when the page is open.
        bothHalves(RegisterOffset.invalidationQueueAddress)
        body(RegisterOffset.invalidationCompletionStatus)
        bothHalves(RegisterOffset.invalidationQueueError)
        for word in 0..<faultRegisters &* 4 { body(RegisterOffset.faultRecording &+ word &* 4) }
    }
}
