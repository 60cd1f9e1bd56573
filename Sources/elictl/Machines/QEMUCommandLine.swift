/// What the command line of a QEMU says about its monitors.
struct QEMUCommandLine {
    /// Of the VM; "" without one.
    private(set) var name = ""
    /// Paths of the sockets with QMP monitors that QEMU listens on, as they are written.
    private(set) var sockets: [String] = []
    /// Whether libvirt has the monitor. It passes a socket that has no path, or a path of its own.
    private(set) var isLibvirt = false
    /// Whether it is the libvirt of the system's, not one of a user's.
    private(set) var isSystemLibvirt = false

    /// Whether it was started with ELI on, or on where it can run.
    private(set) var wantsELI = false

    /// - Parameter arguments: those of a process; the program first.
    /// - Returns: nil if it is no QEMU that emulates a machine.
    init?(_ arguments: [String]) {
        let program = arguments.first?.split(separator: "/").last.map(String.init) ?? ""
        guard
            program.hasPrefix("qemu-system-") || ["qemu-kvm", "kvm", "qemu"].contains(program)
        else { return nil }
        var paths: [String: String] = [:]
        var controls: [String] = []
        for (option, value) in zip(arguments.dropFirst(), arguments.dropFirst(2)) {
            switch option {
            case "-name", "--name":
                let options = OptionString(value)
                name = options["guest"] ?? options.first
            case "-accel", "--accel":
                let wanted = OptionString(value)["eli"] ?? "off"
                wantsELI = wantsELI || ["on", "auto"].contains(wanted)
            case "-qmp", "--qmp", "-qmp-pretty", "--qmp-pretty":
                if let path = Self.listening(value) { sockets.append(path) }
            case "-chardev", "--chardev":
                let options = OptionString(value)
                guard options.first == "socket", let id = options["id"] else { continue }
                isLibvirt = isLibvirt || id == "charmonitor"
                let isFile = (options["abstract"] ?? "off") == "off"
                if isFile, Self.isServer(options), let path = options["path"] { paths[id] = path }
            case "-mon", "--mon":
                let options = OptionString(value)
                guard options["mode"] == "control" else { continue }
                controls.append(options["chardev"] ?? options.first)
            default: continue
            }
        }
        // libvirt's own has one client, and that is libvirt.
        sockets += controls.compactMap { $0 == "charmonitor" ? nil : paths[$0] }
        isSystemLibvirt = arguments.contains { $0.contains("/var/lib/libvirt/qemu/") }
    }

    /// The path of "unix:PATH,server=on,wait=off"; nil if that is no socket to connect to.
    private static func listening(_ value: String) -> String? {
        let options = OptionString(value)
        guard options.first.hasPrefix("unix:"), isServer(options) else { return nil }
        return String(options.first.dropFirst("unix:".count))
    }

    private static func isServer(_ options: OptionString) -> Bool {
        ["on", "yes", "true", "y"].contains(options["server"] ?? "off")
    }
}
