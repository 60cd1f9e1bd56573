/// elictl doctor's verdicts on an emulated host, as it is and with each thing in ELI's way.
struct DoctorChecks: CheckSuite, Sendable {
    let host: HostSession
    var passed = 0
    var title: String { "\(host.host.name): elictl doctor" }

    /// Problems of the host's own with any kvm module that isn't told to accept them.
    private let problems: [String]
    /// Warnings of the host's own with ours.
    private let warnings: [String]

    private static let monitor = "/tmp/doctor.qmp"
    /// Whether nested virtualization is offered: kvm's default.
    private static let nested = "nested"

    init(_ host: HostSession) {
        self.host = host
        let isIntel = host.host is IntelHost
        problems = isIntel ? ["interrupt-remapping: no-interrupt-remapping"] : []
        // kvm is told to accept that nothing remaps interrupts, and no CPU is isolated.
        warnings = isIntel ? ["interrupt-remapping", "isolation"] : []
    }

    private func say(_ what: String) {
        Console.shared.say("\(title): \(what)")
    }

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        // elictl reads the mode of the local APIC where KVM says nothing.
        try await host.run("modprobe msr")
        say("without kvm modules, and with Debian's")
        try await expect(problems: problems + ["kvm-modules"])
        try await host.load(.stock)
        try await expect(problems: problems + ["kvm-modules: kvm-unpatched"])
        try await host.load(.patched)
        say("with ours")
        try await expect(problems: problems, warnings: warningsByDefault + [Self.nested])
        try await reload()
        try await expect(problems: [], warnings: warnings)
        let text = try await host.attempt("elictl doctor")
        try expect(
            text.status == 0
                && text.output.contains("ready: 0 problems, \(warnings.count) warning"),
            "for people: \(text)")
        try await checkIRQBalance()
        try await checkPinning()
        return passed
    }

    /// The verdict on a host that was booted without x2APIC mode.
    ///
    /// - Returns: how many checks passed.
    mutating func runWithoutX2APIC() async throws -> Int {
        say("x2APIC mode is off")
        try await host.run("modprobe msr")
        try await host.load(.stock)
        try await expect(
            problems: problems + ["kvm-modules: kvm-unpatched", "x2apic: no-x2apic"])
        try await host.load(.patched)
        try await expect(problems: problems + ["x2apic: no-x2apic"])
        return passed
    }

    private var warningsByDefault: [String] { warnings.filter { $0 != "interrupt-remapping" } }

    /// Loads kvm as a host has it that is ready.
    private func reload() async throws {
        let vendor = host.host.vendorModule
        try await host.run("rmmod \(vendor) && rmmod kvm", timeout: .seconds(120))
        try await host.run(
            "modprobe kvm \(host.host.kvmParameters) && modprobe \(vendor) nested=0",
            timeout: .seconds(240))
    }

    private func ask() async throws -> DoctorAnswer {
        let answer = try await host.attempt("elictl doctor --json", timeout: .seconds(240))
        let doctor = try DoctorAnswer(answer.output)
        guard answer.status == (doctor.ready ? 0 : 1) else {
            throw LabError("\(title): exit status \(answer.status), ready: \(doctor.ready)")
        }
        return doctor
    }

    /// It finds these, and no others.
    ///
    /// - Parameter warnings: nil: any.
    private mutating func expect(problems: [String], warnings: [String]? = nil) async throws {
        let doctor = try await ask()
        try expect(
            doctor.checks("problem") == problems.sorted() && doctor.ready == problems.isEmpty,
            "the problems are \(doctor.text); expected: \(problems)")
        try expect(
            warnings.map { doctor.checks("warning") == $0.sorted() } ?? true,
            "the warnings are \(doctor.text); expected: \(warnings ?? [])")
        try expect(
            doctor.findings.allSatisfy { $0.verdict == "ok" || $0.remedy != nil },
            "each has a remedy: \(doctor.findings)")
    }

    /// Debian's own runs.
    private mutating func checkIRQBalance() async throws {
        say("with irqbalance")
        try await host.run("mkdir -p /run && irqbalance --foreground >/tmp/irqbalance.log 2>&1 & balance=$!")
        try await host.run("until [ $(cat /proc/$balance/comm) = irqbalance ]; do usleep 10000; done")
        try await expect(problems: [], warnings: warnings + ["irqbalance"])
        try await host.run("kill $balance; while [ -d /proc/$balance ]; do usleep 10000; done")
        try await expect(problems: [], warnings: warnings)
    }

    // MARK: vCPUs

    /// Its threads may run on host CPUs 1 and 2.
    private func start(_ options: String) async throws {
        try await host.startQEMU(
            "taskset 6 qemu-system-x86_64 -L /share \(options) -cpu host,vmx=off,svm=off -machine q35 -m 64 "
                + "-nodefaults -display none -S -qmp unix:\(Self.monitor),server=on,wait=off",
            as: "doctor", sockets: [Self.monitor])
    }

    private func quit() async throws {
        try await host.quitQEMU("doctor", monitor: Self.monitor, timeout: .seconds(120))
    }

    /// - Parameter seen: a part of what the finding about pinning says.
    private mutating func expectPinning(_ verdict: String, _ seen: String) async throws {
        let doctor = try await ask()
        let pinning = doctor.findings.filter { $0.check == "pinning" }
        try expect(
            pinning.count == 1 && pinning[0].verdict == verdict && pinning[0].seen.contains(seen)
                && doctor.checks("problem") == (verdict == "problem" ? ["pinning"] : []),
            "pinning is \(verdict), \(seen): \(pinning)\n\(doctor.text)")
    }

    private mutating func checkPinning() async throws {
        say("with a vCPU that isn't pinned")
        let name = "vm1"
        try await start("-name \(name),debug-threads=on -accel kvm,eli=on")
        try await expectPinning("problem", "may run on host CPUs 1-2")
        try await host.pinVCPUs(monitor: Self.monitor, first: 0)
        try await expectPinning("problem", "host CPU 0")
        try await host.pinVCPUs(monitor: Self.monitor, first: 1)
        try await expectPinning("ok", "pinned to host CPUs 1")
        try await quit()
        // Without ELI that is the VM's own affair. Which threads are vCPUs is QEMU's word.
        try await start("-name \(name) -accel kvm")
        try await expectPinning("warning", "may run on host CPUs 1-2")
        try await quit()
    }
}
