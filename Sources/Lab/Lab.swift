import ArgumentParser
import Foundation

/// Builds the patched programs, boots emulated hosts that run them, and measures.
struct Lab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Builds ELI's patched programs and runs them in emulated hosts.",
        subcommands: [
            BuildCommand.self, RunCommand.self, TestCommand.self, ExitCostCommand.self,
            CompareCommand.self, CompareIOMMUCommand.self, SoakCommand.self, ToggleCommand.self,
            AttackCommand.self, SelftestsCommand.self, KVMFuzzCommand.self, LibvirtCommand.self,
            DebCommand.self, ShellCommand.self,
        ])
}

/// Where a command runs its hosts.
enum HostChoice: String, ExpressibleByArgument, CaseIterable {
    case intel, amd, all, here
}

@main
enum Main {
    static func main() async {
        // --help and mistakes need no namespace.
        if let command = try? Lab.parseAsRoot(), !(command is Lab) {
            Isolation.enter()
        }
        // The first process of a PID namespace has no default signal handlers.
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _exit(128 + $0) }
        }
        await Lab.main()
    }
}
