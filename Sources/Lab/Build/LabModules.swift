import Foundation

/// The lab's own kernel modules: the pulse device, its driver in the guest, what tests need done in
/// a guest's kernel, and what watches the host's CPUs.
struct LabModules: Sendable {
    /// Folder with the modules.
    let folder: String

    /// Folder of the source, module.
    private static let modules = [
        ("pulse", "eli_pulse"), ("pulse-guest", "eli_pulse_guest"), ("probe", "eli_probe"),
        ("idt", "eli_idt"), ("dma", "eli_dma"), ("watch", "eli_watch"),
    ]

    init(_ lab: Workshop, kernel: KernelPackage) async throws {
        let root = lab.paths.root
        let sources = try await Cache.contents(of: ["Tests/Lab/modules"], relativeTo: root)
        folder = try await lab.cache.artifact(
            "lab-modules", inputs: ["1", kernel.packageVersion, kernel.release, sources]
        ) { folder in
            let log = lab.paths.log("lab-modules")
            // A copy: the build leaves its objects beside the source.
            let copy = folder + "/source"
            try FileManager.default.copyItem(atPath: root + "/Tests/Lab/modules", toPath: copy)
            for (name, module) in Self.modules {
                try await lab.buildModules(
                    in: "\(copy)/\(name)", against: kernel, title: name, log: log)
                try await lab.takeModules(
                    [module], from: "\(copy)/\(name)", to: folder, log: log)
            }
            try FileManager.default.removeItem(atPath: copy)
        }
    }
}
