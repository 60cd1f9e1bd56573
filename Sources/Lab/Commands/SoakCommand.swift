import ArgumentParser
import Foundation
import SplitMix64

/// Looks for what only shows after a long time.
struct SoakCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract: "Traffic on assigned devices while ELI is switched, irqs move and QEMU dies.")

    @Option(help: "How long to soak, in minutes.")
    var minutes = 30

    @Option(help: "How often to kill QEMU in direct mode afterwards.")
    var kills = 50

    @Option(help: "What the random choices are made from.")
    var seed: UInt64 = 1

    func validate() throws {
        guard minutes > 0, kills >= 0 else { throw ValidationError("nothing to do") }
    }

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        let bench = try await Bench(lab, hosts: .amd)
        let run = try await Self.soak(
            bench, duration: .seconds(minutes * 60), kills: kills, seed: seed)
        let path = lab.paths.lab + "/soak.json"
        try RunReport.add(run, to: path)
        print("\n\(SoakTable.text(run))\n\n\(path)")
    }

    /// Soaks the AMD host.
    static func soak(
        _ bench: Bench, duration: Duration, kills: Int, seed: UInt64
    ) async throws -> SoakRun {
        try await bench.bootForContent(
            purpose: "soak", port: 8080, limit: duration + .seconds(900 + 120 * kills)
        ) { session, content in
            var generator = SplitMix64(seed: seed)
            var run = try await Soak(host: session, content: content, duration: duration)
                .run(using: &generator)
            for number in 0..<kills {
                Console.shared.progress("\(session.host.name): kill \(number + 1) of \(kills)")
                try await KillTest(host: session, content: content).run(using: &generator)
                run.kills += 1
            }
            return run
        }
    }
}
