import CELI
import VIOMMU

extension eli_viommu_mirror_request: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_viommu_mirror_request>.size }
}

extension eli_viommu_change: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_viommu_change>.size }
}

extension eli_viommu_mirror_state: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_viommu_mirror_state>.size }
}

/// The calls of `eli_viommu_ops` on mirrors of mappings. See `eli_viommu.h`.
enum MirrorCalls {
    private static let counts = UInt32(1)...UInt32(MirrorConfiguration.mostMappings)

    static func create(
        _ request: UnsafePointer<eli_viommu_mirror_request>?,
        _ mirror: UnsafeMutablePointer<OpaquePointer?>?, _ message: MessageBuffer
    ) -> Int32 {
        guard let mirror else {
            message.write("no place to store the mirror")
            return -EINVAL
        }
        guard let request = eli_viommu_mirror_request.copy(from: request) else {
            message.write("no eli_viommu_mirror_request, or one that is too small")
            return -EINVAL
        }
        guard let mode = TeardownMode(rawValue: request.teardown) else {
            message.write("teardown is strict, deferred or optimistic")
            return -EINVAL
        }
        guard counts.contains(request.max_mappings), counts.contains(request.stale_max) else {
            message.write("1 to 16777216 mappings are possible")
            return -EINVAL
        }
        guard request.stale_time > 0 else {
            message.write("the time that mappings may be stale is 0")
            return -EINVAL
        }
        var configuration = MirrorConfiguration()
        configuration.mode = mode
        configuration.mappingLimit = Int(request.max_mappings)
        configuration.staleLimit = Int(request.stale_max)
        configuration.staleTime = request.stale_time
        configuration.byteLimit = request.max_bytes
        mirror.pointee = Mirror(configuration).retainedPointer()
        return 0
    }

    static func setLimit(_ mirror: OpaquePointer?, _ limit: UInt32) -> Int32 {
        guard let mirror, counts.contains(limit) else { return -EINVAL }
        Mirror.from(mirror).mirror.setLimit(Int(limit))
        return 0
    }

    static func begin(
        _ mirror: OpaquePointer?, _ first: UInt64, _ last: UInt64, _ strict: UInt32
    ) -> Int32 {
        guard let mirror, first <= last, strict <= 1 else { return -EINVAL }
        return Mirror.from(mirror).mirror.begin(first...last, strict: strict == 1) ? 0 : -EINVAL
    }

    static func offer(
        _ mirror: OpaquePointer?, _ run: UnsafePointer<eli_viommu_mapping>?
    ) -> Int32 {
        guard let mirror, let run = eli_viommu_mapping.copy(from: run), run.first <= run.last,
            run.access & ~(ELI_VIOMMU_CAN_READ | ELI_VIOMMU_CAN_WRITE) == 0
        else { return -EINVAL }
        let mapping = Mapping(
            addresses: run.first...run.last, output: run.output,
            isReadable: run.access & ELI_VIOMMU_CAN_READ != 0,
            isWritable: run.access & ELI_VIOMMU_CAN_WRITE != 0)
        let object = Mirror.from(mirror)
        guard !object.mirror.isBusy else { return -EBUSY }
        return object.mirror.offer(mapping) ? 0 : -EINVAL
    }

    static func end(_ mirror: OpaquePointer?) -> Int32 {
        guard let mirror else { return -EINVAL }
        let object = Mirror.from(mirror)
        guard !object.mirror.isBusy else { return -EBUSY }
        return object.mirror.end() ? 0 : -EINVAL
    }

    static func next(
        _ mirror: OpaquePointer?, _ now: UInt64, _ budget: UnsafeMutablePointer<UInt32>?,
        _ change: UnsafeMutablePointer<eli_viommu_change>?
    ) -> Int32 {
        // Before the mirror goes on: a change that can't be stored would be lost.
        guard let mirror, let budget, eli_viommu_change().store(to: change) else { return -EINVAL }
        var rest = Int(budget.pointee)
        let next = Mirror.from(mirror).mirror.next(now: now, budget: &rest)
        budget.pointee = UInt32(clamping: rest)
        var answer = eli_viommu_change()
        switch next {
        case nil: return 0
        case .paused: return -EAGAIN
        case .unmap(let addresses):
            answer.kind = UInt32(ELI_VIOMMU_UNMAP)
            (answer.first, answer.last) = (addresses.lowerBound, addresses.upperBound)
        case .map(let mapping):
            answer.kind = UInt32(ELI_VIOMMU_MAP)
            let told = eli_viommu_mapping(mapping)
            (answer.first, answer.last) = (told.first, told.last)
            (answer.output, answer.access) = (told.output, told.access)
        }
        return answer.store(to: change) ? 1 : -EINVAL
    }

    static func missing(
        _ mirror: OpaquePointer?, _ first: UnsafeMutablePointer<UInt64>?,
        _ last: UnsafeMutablePointer<UInt64>?
    ) -> Int32 {
        guard let mirror, let first, let last else { return -EINVAL }
        let object = Mirror.from(mirror)
        guard let missing = object.mirror.missing else { return 0 }
        (first.pointee, last.pointee) = (missing.lowerBound, missing.upperBound)
        return object.mirror.hasRoom ? 1 : -ENOSPC
    }

    static func deadline(
        _ mirror: OpaquePointer?, _ deadline: UnsafeMutablePointer<UInt64>?
    ) -> Int32 {
        guard let mirror, let deadline else { return -EINVAL }
        guard let time = Mirror.from(mirror).mirror.deadline else { return 0 }
        deadline.pointee = time
        return 1
    }

    static func expire(_ mirror: OpaquePointer?, _ now: UInt64) -> Int32 {
        guard let mirror else { return -EINVAL }
        Mirror.from(mirror).mirror.expire(now: now)
        return 0
    }

    static func flush(_ mirror: OpaquePointer?) -> Int32 {
        guard let mirror else { return -EINVAL }
        Mirror.from(mirror).mirror.flush()
        return 0
    }

    static func clear(_ mirror: OpaquePointer?, _ now: UInt64) -> Int32 {
        guard let mirror else { return -EINVAL }
        Mirror.from(mirror).mirror.clear(now: now)
        return 0
    }

    static func find(
        _ mirror: OpaquePointer?, _ address: UInt64,
        _ mapping: UnsafeMutablePointer<eli_viommu_mapping>?
    ) -> Int32 {
        guard let mirror, eli_viommu_mapping().store(to: mapping) else { return -EINVAL }
        guard let found = Mirror.from(mirror).mirror.mapping(endingFrom: address) else { return 0 }
        return eli_viommu_mapping(found).store(to: mapping) ? 1 : -EINVAL
    }

    static func state(
        _ mirror: OpaquePointer?, _ state: UnsafeMutablePointer<eli_viommu_mirror_state>?
    ) -> Int32 {
        guard let mirror else { return -EINVAL }
        let object = Mirror.from(mirror)
        var answer = eli_viommu_mirror_state(object.mirror.statistics)
        answer.max_mappings = UInt32(clamping: object.mirror.configuration.mappingLimit)
        return answer.store(to: state) ? 0 : -EINVAL
    }
}

extension eli_viommu_mirror_state {
    init(_ counts: MirrorStatistics) {
        self.init()
        live = counts.live
        live_bytes = counts.liveBytes
        stale = counts.stale
        stale_bytes = counts.staleBytes
        most_stale = counts.mostStale
        most_stale_bytes = counts.mostStaleBytes
        longest_stale = counts.longestStale
        maps = counts.maps
        unmaps = counts.unmaps
        deferred = counts.deferred
        revived = counts.revived
        expired = counts.expired
        evicted = counts.evicted
        flushed = counts.flushed
        splits = counts.splits
        refused = counts.refused
    }
}
