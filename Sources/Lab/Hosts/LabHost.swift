import Foundation
import Subprocess
import SystemPackage

/// A host, nearly always an emulated one, that runs our kvm modules, our QEMU and the plugin.
protocol LabHost: Sendable {
    /// As in reports: "intel-bochs", "amd-tcg" or "hardware".
    var name: String { get }
    var isEmulated: Bool { get }
    /// Whether QEMU starts there within seconds, so that tests may start it often.
    var startsQEMUFast: Bool { get }
    /// Whether its CPUs, all but the first, can go offline and come back.
    var canTakeCPUsOffline: Bool { get }
    /// Whether its emulator takes one thread of this machine, so that another fits beside it.
    var isSingleThreaded: Bool { get }
    /// The kvm vendor module.
    var vendorModule: String { get }
    /// Parameters of the kvm module.
    var kvmParameters: String { get }
    /// QEMU's eli-max-latency-us there: the slower the emulator, the less a guest does in a quantum.
    var maxLatency: Int { get }
    /// The host's kernel command line, less what every host gets.
    var kernelArguments: String { get set }
    /// How long until the serial shell must answer, on a loaded machine.
    var bootLimit: Duration { get }

    /// The emulator's command, booting `image` with its control line connected to `port`.
    ///
    /// - Parameters:
    ///   - folder: for files that the emulator reads and writes in this run.
    ///   - console: file that gets the host kernel's console.
    func emulator(
        image: HostImage, folder: String, port: UInt16, console: String
    ) async throws -> Command

    /// What the CPUs of a host that gives no answer are doing.
    ///
    /// - Parameter folder: as of `emulator`.
    func stateOfCPUs(in folder: String, lab: Workshop) async -> String
}

extension LabHost {
    func stateOfCPUs(in folder: String, lab: Workshop) async -> String { "" }
    var isEmulated: Bool { true }
    var startsQEMUFast: Bool { true }
    var canTakeCPUsOffline: Bool { false }
    var isSingleThreaded: Bool { false }
    var kvmParameters: String { "" }
    var maxLatency: Int { 1000 }

    /// QEMU's options for a host that it emulates: its serial lines, its kernel and RAM disk.
    ///
    /// - Parameters: as of `emulator`.
    func bootOptions(image: HostImage, port: UInt16, console: String) -> [String] {
        [
            "-serial", "file:\(console)",
            "-chardev", "socket,id=control,host=127.0.0.1,port=\(port)",
            "-serial", "chardev:control",
            "-kernel", image.kernel, "-initrd", image.initramfs,
            "-append", image.kernelArguments(kernelArguments),
            "-qmp", "unix:\(EmulatorMonitor.socket),server=on,wait=off",
        ]
    }

    /// Boots the host, has `body` drive it, and stops it, whatever happens, within a bound.
    ///
    /// - Parameters:
    ///   - limit: bound on the whole of it.
    ///   - purpose: tells apart the folders of runs of the same host at the same time.
    func boot<Result: Sendable>(
        image: HostImage, lab: Workshop, limit: Duration, purpose: String,
        body: @escaping @Sendable (HostSession) async throws -> Result
    ) async throws -> Result {
        let folder = "\(lab.paths.lab)/run-\(name)-\(purpose)"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let console = folder + "/console.log"
        let link = try SerialLink()
        let shell = SerialShell(link: link, transcript: try LogFile(folder + "/control.log"))
        let command = try await emulator(
            image: image, folder: folder, port: link.port, console: console)
        Console.shared.progress("\(name): booting")

        do {
            return try await withThrowingTaskGroup(of: Result?.self) { group in
                group.addTask {
                    try await command.runUntilCancelled(output: folder + "/emulator.log")
                    return nil
                }
                group.addTask {
                    await shell.pump()
                    return nil
                }
                group.addTask {
                    try await Task.sleep(for: limit)
                    throw LabError("\(name): not done within \(limit)")
                }
                group.addTask {
                    try await shell.waitUntilReady(timeout: bootLimit)
                    do {
                        return try await body(
                            HostSession(host: self, shell: shell, folder: folder))
                    } catch let error as NoAnswer {
                        let state = await stateOfCPUs(in: folder, lab: lab)
                        throw LabError("\(name): \(error)\n\(state)")
                    }
                }
                defer {
                    link.close()
                    group.cancelAll()
                }
                while let finished = try await group.next() {
                    if let result = finished { return result }
                    // The emulator or the line ended first; `body` will notice and say where.
                }
                throw LabError("\(name): ended early")
            }
        } catch {
            let tail = LogFile.tail(of: console, lines: 15)
            throw LabError("\(error)\nend of \(console):\n\(tail)")
        }
    }
}

extension Command {
    /// Runs it until the task is cancelled, when it is killed; returns early if it ends by itself.
    func runUntilCancelled(output: String) async throws {
        let log = try FileDescriptor.open(
            FilePath(output), .writeOnly, options: [.create, .truncate],
            permissions: [.ownerReadWrite])
        var configuration = self.configuration
        configuration.platformOptions.teardownSequence = [
            .gracefulShutDown(allowedDurationToNextStep: .milliseconds(500))
        ]
        _ = try await Subprocess.run(
            configuration, input: .none,
            output: .fileDescriptor(log, closeAfterSpawningProcess: true),
            error: .combinedWithOutput)
    }

    /// Runs it beside `body`, and kills it then.
    func running<Result: Sendable>(
        output: String, _ body: () async throws -> Result
    ) async throws -> Result {
        let server = Task { try await runUntilCancelled(output: output) }
        defer { server.cancel() }
        return try await body()
    }
}
