/// The comparison of vIOMMUs as an SVG chart: bars of rates over that behind QEMU's intel-iommu, by
/// work. The rate without an IOMMU is left out where all that is measured is mapping.
enum IOMMUChart {
    private static let colors: [IOMMUMethod: String] = [
        .directMap: "#8f8f8f", .intel: "#b0413e", .virtio: "#d98c3f", .exits: "#d9c23f",
        .strict: "#9fc8ae", .deferred: "#67a97f", .optimistic: "#3f8f5f",
    ]

    static func svg(_ runs: [IOMMURun]) -> String {
        let works = IOMMUWork.allCases.filter { work in
            runs.contains { $0.work == work.rawValue && $0.operations_per_second != nil }
        }
        return BarChart(
            title: "Operations per second, over those behind QEMU's intel-iommu",
            note: "an emulated host (QEMU's TCG): indicative, as its time isn't a CPU's",
            series: IOMMUMethod.allCases.map {
                BarChart.Series(title: $0.rawValue, color: colors[$0] ?? "black")
            },
            groups: works.map { work in
                BarChart.Group(
                    title: work.rawValue,
                    values: IOMMUMethod.allCases.map { method in
                        // Mapping is nothing but an addition there.
                        method == .directMap && work.depth != nil
                            ? nil
                            : runs.first { $0.work == work.rawValue && $0.method == method.rawValue }?
                                .ratio(to: .intel, among: runs)
                    })
            }
        ).svg()
    }
}
