import CELI
import Interrupts
import VIOMMU

extension eli_viommu_mapping: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_viommu_mapping>.size }
}

extension eli_viommu_message: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_viommu_message>.size }
}

extension eli_viommu_space: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_viommu_space>.size }
}

/// The calls of `eli_viommu_ops` on devices' requests and mappings. See `eli_viommu.h`.
enum RequestCalls {
    private static let blocked = UInt32(ELI_VIOMMU_BLOCKED)
    private static let identity = UInt32(ELI_VIOMMU_IDENTITY)
    private static let remapped = UInt32(ELI_VIOMMU_REMAPPED)

    static func translate(
        _ unit: OpaquePointer?, _ source: UInt16, _ address: UInt64, _ flags: UInt32,
        _ mapping: UnsafeMutablePointer<eli_viommu_mapping>?
    ) -> Int32 {
        // Before anything is recorded.
        guard let unit, flags & ~(ELI_VIOMMU_WRITE | ELI_VIOMMU_NO_FAULT) == 0,
            eli_viommu_mapping().store(to: mapping)
        else { return -EINVAL }
        let translation = RemappingUnit.from(unit).iommu.translate(
            sourceID: source, address: address, isWrite: flags & ELI_VIOMMU_WRITE != 0,
            recordsFault: flags & ELI_VIOMMU_NO_FAULT == 0)
        var answer = eli_viommu_mapping()
        switch translation {
        case .blocked(let reason):
            answer.result = blocked
            answer.fault = UInt32(reason.rawValue)
        case .identity: answer.result = identity
        case .interruptRequest: answer.result = UInt32(ELI_VIOMMU_IS_MESSAGE)
        case .page(let page):
            answer = eli_viommu_mapping(
                page.addresses, output: page.output, isReadable: page.isReadable,
                isWritable: page.isWritable)
        }
        return answer.store(to: mapping) ? 0 : -EINVAL
    }

    static func remap(
        _ unit: OpaquePointer?, _ source: UInt16, _ address: UInt64, _ data: UInt32,
        _ flags: UInt32, _ message: UnsafeMutablePointer<eli_viommu_message>?
    ) -> Int32 {
        // Before anything is recorded.
        guard let unit, flags & ~ELI_VIOMMU_NO_FAULT == 0,
            eli_viommu_message().store(to: message)
        else { return -EINVAL }
        let remapping = RemappingUnit.from(unit).iommu.remap(
            InterruptRequest(sourceID: source, address: address, data: data),
            recordsFault: flags & ELI_VIOMMU_NO_FAULT == 0)
        var answer = eli_viommu_message()
        switch remapping {
        case .blocked(let reason):
            answer.result = blocked
            answer.fault = UInt32(reason.rawValue)
        case .unchanged: answer.result = identity
        case .remapped(let interrupt):
            answer.result = remapped
            answer.destination = interrupt.destination
            answer.vector = interrupt.vector
            answer.delivery_mode = interrupt.deliveryMode.rawValue
            answer.logical = interrupt.isLogical ? 1 : 0
            answer.redirection_hint = interrupt.redirectionHint ? 1 : 0
            answer.level_triggered = interrupt.isLevelTriggered ? 1 : 0
        }
        return answer.store(to: message) ? 0 : -EINVAL
    }

    static func space(
        _ unit: OpaquePointer?, _ source: UInt16, _ space: UnsafeMutablePointer<eli_viommu_space>?
    ) -> Int32 {
        guard let unit else { return -EINVAL }
        var answer = eli_viommu_space()
        switch RemappingUnit.from(unit).iommu.addressSpace(of: source) {
        case .blocked(let reason):
            answer.result = blocked
            answer.fault = UInt32(reason.rawValue)
        case .identity: answer.result = identity
        case .domain(let id):
            answer.result = remapped
            answer.domain = UInt32(id)
        }
        return answer.store(to: space) ? 0 : -EINVAL
    }

    static func newWalk(
        _ unit: OpaquePointer?, _ source: UInt16, _ first: UInt64, _ last: UInt64, joined: Bool
    ) -> OpaquePointer? {
        guard let unit, first <= last else { return nil }
        let object = RemappingUnit.from(unit)
        guard let walk = object.iommu.mappings(of: source, in: first...last, joined: joined) else {
            return nil
        }
        return RemappingWalk(walk, unit: object).retainedPointer()
    }

    static func nextPage(
        _ walk: OpaquePointer?, _ budget: UnsafeMutablePointer<UInt32>?,
        _ mapping: UnsafeMutablePointer<eli_viommu_mapping>?
    ) -> Int32 {
        // Before the walk goes on: a page that can't be stored would be lost.
        guard let walk, let budget, eli_viommu_mapping().store(to: mapping) else { return -EINVAL }
        let object = RemappingWalk.from(walk)
        var rest = Int(budget.pointee)
        let step = object.unit.iommu.continueWalk(&object.walk, budget: &rest)
        budget.pointee = UInt32(clamping: rest)
        switch step {
        case .finished: return 0
        case .paused: return -EAGAIN
        case .mapping(let page):
            return eli_viommu_mapping(page).store(to: mapping) ? 1 : -EINVAL
        }
    }
}

extension eli_viommu_mapping {
    init(_ addresses: ClosedRange<UInt64>, output: UInt64, isReadable: Bool, isWritable: Bool) {
        self.init()
        result = UInt32(ELI_VIOMMU_REMAPPED)
        if isReadable { access |= ELI_VIOMMU_CAN_READ }
        if isWritable { access |= ELI_VIOMMU_CAN_WRITE }
        (first, last) = (addresses.lowerBound, addresses.upperBound)
        self.output = output
    }

    init(_ mapping: Mapping) {
        self.init(
            mapping.addresses, output: mapping.output, isReadable: mapping.isReadable,
            isWritable: mapping.isWritable)
    }
}
