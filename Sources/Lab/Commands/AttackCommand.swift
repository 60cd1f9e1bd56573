import ArgumentParser

extension Protection: ExpressibleByArgument {}

/// Has hostile guests attack the emulated hosts.
struct AttackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attack",
        abstract: "Attack hosts from hostile guests whose interrupts are direct.")

    @Option(help: "The host: intel, amd or all.")
    var host = HostChoice.all

    @Option(help: "Only these attacks (default: all).")
    var only: [String] = []

    @Option(help: "Only without these protections.")
    var without: [Protection] = []

    func run() async throws {
        let lab = try Workshop()
        let all = try HostileGuests.names(root: lab.paths.root)
        if let unknown = only.first(where: { !all.contains($0) }) {
            throw ValidationError(
                "no attack is called \(unknown); there are \(all.joined(separator: ", "))")
        }
        try await lab.archive.installBuildPackages()
        var jobs: [@Sendable () async throws -> [AttackRun]] = []
        if without.isEmpty {
            let bench = try await Bench(lab, hosts: host)
            let attacks = only.isEmpty ? all : only
            jobs += try await bench.attacks(attacks)
            let shared = attacks.filter(AttackScenario.onVictimsCPU.contains)
            if !shared.isEmpty { jobs += try await bench.attacks(shared, sharesCPU: true) }
        }
        if only.isEmpty {
            let bench = try await Bench(lab, hosts: host, forAttacks: true)
            jobs += try await bench.attacks(without: without.isEmpty ? Protection.shown : without)
        }
        let path = lab.paths.lab + "/attack.json"
        var runs: [AttackRun] = []
        var failures: [String] = []
        // What has been seen is worth keeping, and the others worth trying, if one fails.
        for job in jobs {
            do {
                let new = try await job()
                try RunReport.add(new, to: path)
                runs += new
            } catch {
                Console.shared.say("failed: \(error)")
                failures.append("\(error)")
            }
        }
        print("\n\(AttackTable.text(runs))\n\n\(path)")
        guard failures.isEmpty else { throw LabError(failures.joined(separator: "\n")) }
    }
}
