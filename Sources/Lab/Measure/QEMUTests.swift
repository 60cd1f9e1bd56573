import Foundation

/// QEMU's own tests of what the series touches, run on this machine.
struct QEMUTests: Sendable {
    let lab: Workshop
    let qemu: QEMU

    /// - Throws: `LabError` with the end of the output if one fails.
    func run() async throws {
        let log = lab.paths.log("qtest")
        for test in QEMU.qtests {
            try await Command(
                "\(qemu.folder)/\(test)", ["--tap"], in: lab.paths.lab,
                environment: [
                    "QTEST_QEMU_BINARY": qemu.program,
                    "ELI_LIBRARY": lab.paths.root + "/.build/release/libELI.so",
                ]
            ).run("qtest \(test)", log: log)
        }
        Console.shared.say("\(QEMU.qtests.count) of QEMU's test programs passed")
    }
}
