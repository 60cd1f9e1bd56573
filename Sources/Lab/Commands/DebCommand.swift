import ArgumentParser

/// Builds Debian packages of all that a host needs.
struct DebCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deb", abstract: "Build Debian packages, in .lab/deb.")

    @Flag(help: "Install, use and remove them in a clean Debian 13.")
    var test = false

    func run() async throws {
        let lab = try Workshop()
        try await lab.archive.installBuildPackages()
        let packages = try await DebianPackages(lab)
        print(packages.files.joined(separator: "\n"))
        guard test else { return }
        let tree = try await DebianTree(lab)
        var checks = PackageChecks(lab: lab, tree: tree, packages: packages.files)
        try await checks.run()
        try await tree.remove()
        Console.shared.say("\(checks.passed) checks of packages passed")
    }
}
