import ArgumentParser
import CELI

/// Says whether this host is ready for ELI.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Tell whether this host is ready for ELI, and what to do where it isn't.",
        discussion: """
            The exit status is 0 if it is ready, with warnings or without, and 1 if there are \
            problems.
            """)

    @Flag(help: "Print the findings as JSON.")
    var json = false

    @Option(help: ArgumentHelp("The library to load, as with QEMU's eli-lib.", valueName: "path"))
    var eliLib = ELI_LIBRARY_NAME

    func run() async throws {
        var facts = HostFacts(
            tree: HostTree(), kvm: KVMFacts.read(), library: await LibraryProbe.read(eliLib))
        for index in facts.machines.indices 
        where facts.machines[index].vcpus.isEmpty && facts.machines[index].usesKVM != false {
            facts.machines[index].vcpus = await facts.machines[index].askedVCPUs(on: facts.tree)
        }
        let report = DoctorReport(Doctor(facts).findings)
        StandardStreams.print(json ? try report.json : report.text)
        guard report.ready else { throw ExitCode(1) }
    }
}
