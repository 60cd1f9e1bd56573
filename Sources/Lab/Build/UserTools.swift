import Foundation

/// What people run on a host beside QEMU, for the tests of it: elictl, a terminal for it, and what
/// stands in ELI's way.
struct UserTools: Sendable {
    /// Packages with the libraries that irqbalance needs. Not itself: it would start on this machine.
    private static let libraries = ["libcap-ng0", "libncursesw6", "libnuma1", "libsystemd0"]
    /// Gives a program a terminal, and keeps what it prints.
    private static let terminal = "/usr/bin/script"
    /// Modules of the stock kernel: what tells the mode of a host's local APIC.
    static let modules = ["msr"]

    let elictl: String
    let irqbalance: String
    /// Decides what they are.
    let inputs: [String]

    init(_ lab: Workshop) async throws {
        let log = lab.paths.log("elictl")
        // Not among the other products' objects: theirs are built without its flags.
        let scratch = lab.paths.root + "/.build/static"
        try await Command(
            "swift",
            ["build", "-c", "release", "--product", "elictl", "--static-swift-stdlib",
             "--scratch-path", scratch, "-Xlinker", "-s"],
            in: lab.paths.root, isNice: true
        ).run("elictl: compiling", log: log)
        elictl = scratch + "/release/elictl"
        try await lab.archive.install(Self.libraries)
        let package = try await lab.archive.binaryPackage("irqbalance")
        let folder = try await lab.cache.artifact(
            "irqbalance", inputs: ["1", package.lastPathComponent]
        ) { folder in
            try await Command("dpkg", ["-x", package, folder])
                .run("irqbalance: unpacking", log: log)
        }
        irqbalance = folder + "/usr/sbin/irqbalance"
        inputs = ["1", try await Command("sha256sum", [elictl]).output(), irqbalance]
    }

    /// Adds them to a host's image, with Debian's own kvm modules to change to.
    func add(to host: Initramfs, root: String, kernel: KernelPackage) async throws {
        for program in [elictl, irqbalance, Self.terminal] {
            try await host.addWithLibraries(program, as: "bin/\(program.lastPathComponent)")
        }
        try KVMModules.addStock(to: host, root: root, kernel: kernel)
    }
}
