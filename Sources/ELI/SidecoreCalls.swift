import CELI
import VIOMMU

extension eli_sidecore_state: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_sidecore_state>.size }
}

/// The calls of `eli_sidecore_ops`. See `eli_sidecore.h`.
enum SidecoreCalls {
    static func attach(
        _ unit: OpaquePointer?, _ page: UnsafeMutableRawPointer?, _ message: MessageBuffer
    ) -> Int32 {
        guard let unit, let page else {
            message.write("no IOMMU, or no page for its registers")
            return -EINVAL
        }
        guard UInt(bitPattern: page) % UInt(ELI_SIDECORE_PAGE_SIZE) == 0 else {
            message.write("the page for the registers is not aligned to its size")
            return -EINVAL
        }
        let object = RemappingUnit.from(unit)
        guard object.view == nil else {
            message.write("the IOMMU has a page for its registers already")
            return -EBUSY
        }
        object.view = SidecoreView(
            page: page, faultRegisters: object.iommu.configuration.faultRecordingRegisters)
        return 0
    }

    static func detach(_ unit: OpaquePointer?) {
        guard let unit else { return }
        let object = RemappingUnit.from(unit)
        object.closeView()
        object.view = nil
    }

    static func open(_ unit: OpaquePointer?) -> Int32 {
        guard let unit else { return -EINVAL }
        let object = RemappingUnit.from(unit)
        guard let view = object.view else { return -EINVAL }
        guard !view.isOpen else { return -EBUSY }
        return object.iommu.open(view) ? 0 : -EAGAIN
    }

    static func close(_ unit: OpaquePointer?) {
        guard let unit else { return }
        RemappingUnit.from(unit).closeView()
    }

    /// Without the lock: looks at nothing but the view, which is made before anyone polls.
    static func poll(_ unit: OpaquePointer?, _ flags: UInt32) -> Int32 {
        guard let unit, let view = RemappingUnit.from(unit).view else { return 0 }
        return view.hasWork(thorough: flags & ELI_SIDECORE_THOROUGH != 0) ? 1 : 0
    }

    static func state(
        _ unit: OpaquePointer?, _ state: UnsafeMutablePointer<eli_sidecore_state>?
    ) -> Int32 {
        guard let unit, let view = RemappingUnit.from(unit).view else { return -EINVAL }
        let counts = view.statistics
        var answer = eli_sidecore_state()
        answer.open = view.isOpen ? 1 : 0
        answer.opened = counts.opened
        answer.closed = counts.closed
        answer.consumed = counts.consumed
        answer.repaired = counts.repaired
        return answer.store(to: state) ? 0 : -EINVAL
    }
}
