/// A QEMU that runs on this host.
struct VirtualMachine: Sendable {
    let process: Int
    /// "" without one.
    let name: String
    /// Whether KVM runs it; nil if this user can't tell.
    let usesKVM: Bool?
    /// Its monitors; none if it has no QMP socket.
    let monitors: [MonitorAddress]
    /// Whether it was started with ELI on, or on where it can run.
    let wantsELI: Bool
    /// The threads that are named as those of vCPUs, in the order of their numbers.
    var vcpus: [VCPUThread]

    /// For people.
    var title: String { name.isEmpty ? "pid \(process)" : "\(name), pid \(process)" }

    /// Those that run on a host.
    static func all(on tree: HostTree) -> [VirtualMachine] {
        tree.processes.compactMap { VirtualMachine(process: $0, on: tree) }
    }

    private init?(process: Int, on tree: HostTree) {
        guard let text = tree.text("proc/\(process)/cmdline") else { return nil }
        let arguments = text.split(separator: "\0", omittingEmptySubsequences: false)
        guard let line = QEMUCommandLine(arguments.map(String.init)) else { return nil }
        self.process = process
        name = line.name
        wantsELI = line.wantsELI
        usesKVM = Self.usesKVM(process, tree)
        var monitors = line.sockets.compactMap { path in
            Self.absolute(path, process, tree).map { MonitorAddress.socket(path: $0) }
        }
        if line.isLibvirt, !line.name.isEmpty {
            let uri = line.isSystemLibvirt ? "qemu:///system" : "qemu:///session"
            monitors.append(.domain(name: line.name, uri: uri))
        }
        self.monitors = monitors
        vcpus = VCPUThread.all(of: process, on: tree)
    }

    private static func usesKVM(_ process: Int, _ tree: HostTree) -> Bool? {
        let files = tree.names(in: "proc/\(process)/fd")
        let targets = files.compactMap { tree.link("proc/\(process)/fd/\($0)") }
        return targets.isEmpty ? nil : targets.contains("anon_inode:kvm-vm")
    }

    /// A path that is relative to where QEMU was started.
    private static func absolute(_ path: String, _ process: Int, _ tree: HostTree) -> String? {
        guard !path.hasPrefix("/") else { return path }
        return tree.link("proc/\(process)/cwd").map { "\($0)/\(path)" }
    }
}

extension [VirtualMachine] {
    /// The monitors of the only one.
    ///
    /// - Throws: `MonitorError` with the choices unless there is exactly one with a monitor.
    func monitorsOfOnly() throws(MonitorError) -> [MonitorAddress] {
        let reachable = filter { !$0.monitors.isEmpty }
        guard let only = reachable.first else {
            throw isEmpty ? .noMachine : .noSocketOfMachines(map(\.title))
        }
        guard reachable.count == 1 else {
            throw .several(reachable.map { "\($0.monitors[0].options)  (\($0.title))" })
        }
        return only.monitors
    }
}
