import ArgumentParser
import Foundation

/// ELI for a person: is the host ready, what do VMs do, and switch it.
struct Elictl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "elictl",
        abstract: "Shows and switches exitless interrupts (ELI) of QEMU's VMs.",
        subcommands: [
            DoctorCommand.self, StatusCommand.self, OnCommand.self, OffCommand.self,
            SetCommand.self, TopCommand.self, WatchCommand.self, ProbeLibraryCommand.self,
        ])
}

@main
enum Main {
    /// Exit status of a command line that is wrong.
    private static let usage: Int32 = 2

    static func main() async {
        do {
            var command = try Elictl.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as any Explained {
            StandardStreams.complain(error.description)
            exit(1)
        } catch {
            let status = Elictl.exitCode(for: error)
            guard status == .validationFailure else { Elictl.exit(withError: error) }
            StandardStreams.complain(Elictl.fullMessage(for: error), as: nil)
            exit(usage)
        }
    }
}
