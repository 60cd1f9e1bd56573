/// A work behind an IOMMU, or without one: a run in `.lab/compare-iommu.json`. The names are the
/// file's.
struct IOMMURun: ReportedRun {
    var host: String
    var emulated: Bool
    var kernel: String
    var qemu: String
    var scenario = "iommu"
    var device: String
    /// As `IOMMUMethod`.
    var method: String
    var vcpus = 1
    /// As `IOMMUWork`.
    var work: String
    /// Pages mapped and unmapped, or reads.
    var operations: Int
    /// By the guest's clock; for "idle" by the host's.
    var seconds: Double
    var operations_per_second: Double?
    /// Accesses to registers that exited, by KVM's count.
    var register_exits: Int?
    var register_exits_per_operation: Double?
    var exits: Report.Exits?
    var exits_per_operation: Double?
    /// CPU time of the vCPU's thread, the guest's and the host's on its behalf.
    var vcpu_us_per_operation: Double?
    /// CPU time of the sidecore's thread.
    var sidecore_us_per_operation: Double?
    /// Memory that the host has locked for the guest's devices after the work.
    var pinned_bytes: Int?
    /// VFIO's requests to map and to unmap.
    var vfio_maps: Int?
    var vfio_unmaps: Int?
    /// The most mappings that were stale at a time, and the longest time, since the guest began.
    var most_stale: Int?
    var longest_stale_ms: Double?
    /// What a call of the guest's took, to map a page and to unmap it.
    var map_latency: LatencyDistribution?
    var unmap_latency: LatencyDistribution?
    /// The sidecore's services by the time from finding work to its completion: below 1024 ns, below
    /// 2048 ns and so on, and all others.
    var service_latencies: [Int]?
    /// Share of its CPU that the sidecore took, and how often it looked and slept.
    var sidecore_cpu_percent: Double?
    var polls_per_second: Double?
    var sleeps_per_second: Double?

    var identity: String { [host, scenario, work, method].joined(separator: "/") }

    /// The rate over that of another method in the same work.
    func ratio(to method: IOMMUMethod, among runs: [IOMMURun]) -> Double? {
        let other = runs.first {
            $0.host == host && $0.work == work && $0.method == method.rawValue
        }?.operations_per_second
        guard let other, let operations_per_second else { return nil }
        return operations_per_second / other
    }
}
