import Foundation

/// A guest that our QEMU runs inside an emulated host.
struct GuestSession: Sendable {
    /// How to start it.
    struct Options: Sendable {
        var eli = "off"
        /// Whether interrupts may be delivered by the guest's own vectors.
        var identity = true
        var vcpus = 1
        /// Whether it may end interrupts without an exit as KVM's guests do (PV EOI), by default in
        /// QEMU; that hides some.
        var hasPVEOI = false
        /// With those that may be plugged later; nil: no more than there are.
        var mostVCPUs: Int?
        /// Whether it boots again after a reset; else QEMU ends.
        var reboots = false
        /// Whether the guest's kernel hides its memory from user mode (KPTI).
        var isolatesPageTables = false
        /// In MiB.
        var memory = 256
        /// MiB that QEMU may lock; nil: any.
        var lockable: Int?
        /// Whether huge pages of the host's, mounted on /dev/hugepages, back it.
        var usesHugePages = false
        /// Whether its kernel starts as a boot loader starts it, and unpacks itself. One that has
        /// been started as PVH doesn't come back from suspend to RAM.
        var unpacksItself = false
        /// Whether a halted vCPU stays in the guest.
        var haltsInGuest = false
        /// What translates its devices' addresses, each mapping anew.
        var iommu: GuestIOMMU?
        /// More of the guest kernel's command line.
        var arguments = ""
        /// More of QEMU's command line: the devices.
        var devices: [String] = []
        /// Guest-side modules to load.
        var modules: [String] = []
        /// How the names of its sockets and its console begin.
        var files = GuestSession.files
    }

    static let files = "/tmp/"
    static let serialName = "guest.sock", monitorName = "qmp.sock", consoleName = "guest-console"
    static let serial = files + serialName, console = files + consoleName
    static let monitor = files + monitorName

    /// QEMU's option for its monitor.
    static func monitorOption(files: String = files) -> String {
        "-qmp unix:\(files)\(monitorName),server=on,wait=off"
    }

    /// How long until its shell must answer, on a loaded machine.
    static let bootLimit = Duration.seconds(600)
    /// The host CPU that runs vCPU 0; CPU 0 is the host's own.
    static let firstVCPUHostCPU = 1

    let host: HostSession
    /// libvirt's name of it: its monitor is libvirt's then. nil if this lab has started it.
    var domain: String?

    /// QEMU's command line. The guest doesn't run until it is told to continue.
    static func commandLine(_ options: Options, on host: any LabHost) -> String {
        ([
            HostSession.locking(options.lockable) + "qemu-system-x86_64 -L /share",
            "-accel kvm,eli=\(options.eli),eli-max-latency-us=\(host.maxLatency)"
                + (options.identity ? "" : ",x-eli-identity=off"),
            // No nested virtualization.
            "-cpu host,kvm-pv-eoi=\(options.hasPVEOI ? "on" : "off"),vmx=off,svm=off",
            "-machine q35\(options.iommu == nil ? "" : ",kernel-irqchip=split") "
                + "-smp \(options.vcpus),maxcpus=\(options.mostVCPUs ?? options.vcpus) "
                + "-m \(options.memory)",
            options.usesHugePages ? "-mem-path /dev/hugepages -mem-prealloc" : "",
            options.haltsInGuest ? "-overcommit cpu-pm=on" : "",
            "-nodefaults -display none -S",
            options.iommu.map { "-device \($0.device)" } ?? "",
            options.reboots ? "" : "-no-reboot",
            monitorOption(files: options.files),
            kernelOptions(
                (options.isolatesPageTables ? "pti=on" : "mitigations=off")
                    + " \(options.iommu?.kernelArguments ?? "") \(options.arguments)",
                image: options.unpacksItself ? packedKernel : kernel, files: options.files),
        ] + options.devices).joined(separator: " ")
    }

    /// QEMU's options for the guest's kernel, and for the serial lines of its shell and its console.
    ///
    /// - Parameters:
    ///   - arguments: of the kernel's command line.
    ///   - image: on the host.
    static func kernelOptions(
        _ arguments: String, image: String = kernel, files: String = files
    ) -> String {
        "-chardev socket,id=guest,path=\(files)\(serialName),server=on,wait=off "
            + "-serial chardev:guest -serial file:\(files)\(consoleName) "
            + "-kernel \(image) -initrd \(initramfs) "
            + "-append '\(kernelArguments) \(arguments)'"
    }

    /// What a guest boots, on the host.
    static let kernel = "/guest/vmlinux", initramfs = "/guest/initramfs"
    /// The same kernel, which unpacks itself.
    static let packedKernel = "/guest/vmlinuz"
    /// The kernel's command line for a shell on the first serial line, and a console on the second.
    static let kernelArguments = "console=ttyS1,115200 lab.shell=ttyS0 quiet panic=-1 audit=0"

    /// Boots the guest, with vCPU n pinned to host CPU n + 1, and its modules loaded. A vCPU never
    /// runs elsewhere: on CPU 0 of the emulated AMD host that ends in panics of the host, with
    /// unpatched kvm modules as well.
    static func boot(on host: HostSession, _ options: Options) async throws -> GuestSession {
        let guest = GuestSession(host: host)
        try await guest.launch(commandLine(options, on: host.host))
        do {
            try await guest.pinVCPUs()
            try await guest.qmp("cont")
            try await guest.waitUntilReady(
                (options.iommu?.modules ?? []) + options.modules, timeout: bootLimit)
        } catch {
            let log = try? await host.attempt("cat /tmp/qemu.log; tail -n 20 \(Self.console)")
            throw LabError("guest: \(error)\n\(log?.output ?? "")")
        }
        return guest
    }

    /// Waits until a guest that boots answers, and loads modules in it.
    ///
    /// - Parameter condition: a command of its shell that must succeed, too.
    func waitUntilReady(
        _ modules: [String], when condition: String = "true", timeout: Duration
    ) async throws {
        try await host.run(
            "labctl ready \(Self.serial) \(timeout.components.seconds) "
                + HostSession.quote(condition), timeout: timeout * 2)
        for module in modules {
            try await run("modprobe \(module)")
        }
    }

    /// Starts QEMU and waits for its monitor.
    ///
    /// - Throws: `LabError` with QEMU's own message if it refuses.
    func launch(_ command: String) async throws {
        try await host.startQEMU(command, as: "qemu", sockets: [Self.monitor])
    }

    /// Pins vCPU n to host CPU n + 1.
    ///
    /// - Parameter isStrict: as of `HostSession.pinVCPUs`.
    func pinVCPUs(isStrict: Bool = true) async throws {
        try await host.pinVCPUs(
            monitor: Self.monitor, first: Self.firstVCPUHostCPU, isStrict: isStrict)
    }

    /// Has each vCPU always do something. A guest that halts takes other exits, which hide those of
    /// interrupts.
    func keepBusy(vcpus: Int) async throws {
        try await run(
            "busy=; for i in $(seq 0 \(vcpus - 1)); do (while :; do :; done) >/dev/null 2>&1 & "
                + "renice -n 19 -p $! && taskset -p $((1 << i)) $! >/dev/null && busy=\"$busy $!\" "
                + "|| break; done")
    }

    /// Has nothing run any more.
    func idle() async throws {
        try await run("kill $busy $timers; busy=; timers=")
    }

    /// A process that wakes another on the last vCPU each time that its timer has expired.
    func startTimersAndIPIs() async throws {
        try await run(
            "mkfifo /tmp/timers; (while :; do echo; usleep 5000; done >/tmp/timers) & timers=$!; "
                + "taskset 2 sh -c 'while read x; do :; done' </tmp/timers & "
                + "timers=\"$timers $!\"")
    }

    /// Runs a command in the guest.
    @discardableResult
    func run(_ command: String, timeout: Duration = .seconds(60)) async throws -> String {
        try await host.run(
            Self.hostCommand(command, timeout: timeout), timeout: timeout + .seconds(20))
    }

    /// The guest's irqs whose description contains `name`.
    func interrupts(describedBy name: String) async throws -> InterruptTable {
        InterruptTable(try await run(InterruptTable.command(describedBy: name)))
    }

    /// How often their handlers ran.
    func handled(by name: String) async throws -> Int {
        try await interrupts(describedBy: name).total(describedBy: name)
    }

    /// Writes a parameter of the module eli_probe (Tests/Lab/modules/probe).
    func probe(_ parameter: String, _ value: Int) async throws {
        try await run(
            "echo \(value) >/sys/module/eli_probe/parameters/\(parameter)",
            timeout: .seconds(120))
    }

    /// The host's command that runs a command in the guest.
    static func hostCommand(_ command: String, timeout: Duration) -> String {
        "labctl sh \(serial) \(timeout.components.seconds) \(HostSession.quote(command))"
    }

    /// Sends a QMP command.
    ///
    /// - Parameter arguments: a JSON object.
    /// - Returns: what its "return" holds.
    @discardableResult
    func qmp(_ command: String, _ arguments: String = "{}") async throws -> Any {
        let line = try await host.run(hostCommand(qmp: command, arguments), timeout: .seconds(140))
        return try Self.result(ofQMP: command, line)
    }

    /// The host's command that sends the guest's QEMU a QMP command and prints the reply.
    func hostCommand(qmp command: String, _ arguments: String = "{}") -> String {
        guard let domain else { return Self.hostCommand(qmp: command, arguments) }
        let request = Self.request(command, arguments)
        return "virsh qemu-monitor-command \(domain) \(HostSession.quote(request))"
    }

    private static func request(_ command: String, _ arguments: String) -> String {
        "{\"execute\": \"\(command)\", \"arguments\": \(arguments)}"
    }

    /// The host's command that sends a QMP command and prints the reply.
    static func hostCommand(
        qmp command: String, _ arguments: String = "{}", monitor: String = monitor
    ) -> String {
        "labctl qmp \(monitor) 120 \(HostSession.quote(request(command, arguments)))"
    }

    /// - Parameter line: the reply to `command`.
    /// - Returns: what its "return" holds.
    static func result(ofQMP command: String, _ line: String) throws -> Any {
        let reply = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        guard let result = reply?["return"] else { throw LabError("\(command): \(line)") }
        return result
    }

    /// QEMU's option for a slot that devices can be plugged into.
    static func slot(_ id: String) -> String {
        "-device pcie-root-port,id=\(id),chassis=1,slot=1"
    }

    /// Plugs a device of the host's, by its PCI address there, into a slot.
    func plug(_ address: String, as id: String, into slot: String) async throws {
        try await qmp(
            "device_add",
            "{\"driver\": \"vfio-pci\", \"host\": \"\(address)\", \"id\": \"\(id)\", "
                + "\"bus\": \"\(slot)\"}")
    }

    /// Asks the guest to let go of a device.
    func unplug(_ id: String) async throws {
        try await qmp("device_del", "{\"id\": \"\(id)\"}")
    }

    /// The host's file with what QEMU has said.
    var log: String { domain.map { "/var/log/libvirt/qemu/\($0).log" } ?? "/tmp/qemu.log" }

    /// What QEMU has said.
    func logOfQEMU() async throws -> String {
        try await host.run("cat \(log)").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Has `waitForNextKernel` know the one that runs now.
    func noteKernel() async throws {
        try await run("before=1")
    }

    /// Waits for another kernel than the one that was noted, and loads modules in it.
    func waitForNextKernel(_ modules: [String]) async throws {
        try await waitUntilReady(modules, when: "[ -z \"$before\" ]", timeout: Self.bootLimit)
    }

    /// Waits until QEMU has let go of a device that was unplugged, by its ID.
    func waitUntilGone(_ id: String) async throws {
        try await waitUntil {
            let children = try await qmp("qom-list", "{\"path\": \"/machine/peripheral\"}")
            let names = (children as? [[String: Any]] ?? []).map { $0["name"] as? String }
            return names.contains(id) ? "\(id) is still there" : nil
        }
    }

    /// Waits until query-status tells `status`.
    func waitUntil(status: String) async throws {
        try await waitUntil {
            let last = (try await qmp("query-status") as? [String: Any])?["status"] as? String
            return last == status
                ? nil : "the guest is not \(status) but \(last ?? "without a status")"
        }
    }

    /// Looks again and again until nothing is missing, for a minute.
    ///
    /// - Parameter missing: what is; nil ends it.
    private func waitUntil(_ missing: () async throws -> String?) async throws {
        let start = ContinuousClock.now
        while let text = try await missing() {
            guard ContinuousClock.now - start < .seconds(60) else { throw LabError(text) }
        }
    }

    /// The arguments of human-monitor-command.
    ///
    /// - Parameter cpu: that the line is about, if it is about one.
    static func arguments(ofHuman line: String, cpu: Int? = nil) -> String {
        "{\"command-line\": \"\(line)\"" + (cpu.map { ", \"cpu-index\": \($0)" } ?? "") + "}"
    }

    /// What the human monitor has to tell about a CPU that doesn't go on.
    static let linesAboutCPU = ["info registers", "info lapic"]

    /// Runs a command of QEMU's human monitor.
    ///
    /// - Returns: what it prints.
    func monitor(_ command: String) async throws -> String {
        let answer = try await qmp("human-monitor-command", Self.arguments(ofHuman: command))
        guard let text = answer as? String else { throw LabError("\(command): not a text") }
        return text.replacingOccurrences(of: "\r", with: "")
    }

    /// Ends QEMU and waits until it is gone.
    func quit() async throws {
        try await host.quitQEMU("qemu", monitor: Self.monitor, sockets: [Self.serial])
    }
}
