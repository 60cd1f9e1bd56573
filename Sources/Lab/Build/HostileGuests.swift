import Foundation

/// The hostile guests: small kernels, each of which is its own firmware and makes one attack.
enum HostileGuests {
    private static let folder = "Tests/Lab/hostile"
    private static let prefix = "attack-"
    private static let flags = [
        "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-O2", "-ffreestanding", "-fno-pic",
        "-fno-stack-protector", "-mno-red-zone", "-mgeneral-regs-only", "-fcf-protection=none",
        "-fno-asynchronous-unwind-tables", "-nostdlib", "-no-pie", "-Wl,--build-id=none",
        "-Wl,-z,noexecstack", "-Wl,-n", "-Wl,--no-warn-rwx-segments",
    ]

    /// The attacks' names, sorted.
    static func names(root: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")
            .filter { $0.hasPrefix(prefix) && $0.hasSuffix(".c") }
            .map { String($0.dropFirst(prefix.count).dropLast(2)) }
            .sorted()
    }

    /// The file of an attack, in a host.
    static func image(_ name: String) -> String { "/" + path(name) }

    private static func path(_ name: String) -> String { "hostile/" + name }

    /// Compiles all of them into an image.
    static func add(to image: Initramfs, root: String, staging: String, log: String) async throws {
        for name in try names(root: root) {
            let program = "\(staging)/hostile.elf"
            try await Command(
                "gcc",
                flags + [
                    "-T", "\(root)/\(folder)/hostile.lds", "-o", program,
                    "\(root)/\(folder)/start.S", "\(root)/\(folder)/kernel.c",
                    "\(root)/\(folder)/\(prefix)\(name).c",
                ]
            ).run("image: compiling the hostile guest \(name)", log: log)
            let firmware = "\(staging)/hostile.bin"
            try await Command("objcopy", ["-O", "binary", program, firmware])
                .run("image: hostile guest \(name)", log: log)
            try image.add(firmware, as: Self.path(name))
        }
    }
}
