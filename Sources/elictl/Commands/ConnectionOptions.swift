import ArgumentParser

/// Which VM a command is about.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The socket of QEMU's option -qmp unix:PATH.", valueName: "path"))
    var qmp: String?

    @Option(
        help: ArgumentHelp(
            "A VM that libvirt manages, by name, ID or UUID: virsh passes on what is asked.",
            valueName: "name"))
    var domain: String?

    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp("The libvirt of --domain, as with virsh.", valueName: "uri"))
    var connect: String?

    @Option(help: ArgumentHelp("How long to wait for an answer, in seconds.", valueName: "s"))
    var timeout = 10.0

    func validate() throws {
        guard qmp == nil || domain == nil else {
            throw ValidationError("--qmp and --domain exclude each other")
        }
        guard connect == nil || domain != nil else {
            throw ValidationError("--connect needs --domain")
        }
        guard timeout >= 0.001, timeout <= 86_400 else {
            throw ValidationError("--timeout must be from 0.001 to 86400 seconds")
        }
    }

    /// Connects to the VM that is named, or to the only one that runs.
    ///
    /// - Throws: `MonitorError`.
    func open() throws -> any Monitor {
        if let qmp { return try open(.socket(path: qmp)) }
        if let domain { return try open(.domain(name: domain, uri: connect)) }
        var failure: any Error = MonitorError.noMachine
        // One of its monitors may have a client already.
        for address in try VirtualMachine.all(on: HostTree()).monitorsOfOnly() {
            do {
                return try open(address)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private func open(_ address: MonitorAddress) throws -> any Monitor {
        switch address {
        case .socket(let path): try QMPClient(connecting: path, timeout: timeout)
        case .domain(let name, let uri): VirshMonitor(domain: name, uri: uri)
        }
    }
}
