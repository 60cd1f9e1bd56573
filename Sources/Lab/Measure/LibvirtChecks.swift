import Foundation

/// The patched libvirt in the AMD host, by virsh alone: what its page has people run, with the
/// guest's interrupts counted whenever ELI has been switched, and what it refuses.
struct LibvirtChecks: CheckSuite, Sendable {
    let title = "libvirt"
    let host: HostSession
    let page: DocPage
    let scenario: InterruptScenario
    /// Reads of each vCPU in a measurement.
    let count: Int
    /// A domain with an eli-iommu; `EMULATOR` stands for QEMU.
    let iommuDomain: String
    /// What was run and what it printed, to copy from.
    let transcript: LogFile
    var passed = 0
    /// What was measured.
    private(set) var runs: [Report.Run] = []
    private var guestVectors: Set<Int> = []

    init(
        _ host: HostSession, page: DocPage, scenario: InterruptScenario, count: Int,
        iommuDomain: String, transcript: LogFile
    ) {
        (self.host, self.page, self.scenario) = (host, page, scenario)
        (self.count, self.iommuDomain, self.transcript) = (count, iommuDomain, transcript)
    }

    /// The page's domain.
    static let domain = "vm1"
    private static let setup = InterruptScenario.Setup(device: .nvme, vcpus: 2)

    private var guest: GuestSession { GuestSession(host: host, domain: Self.domain) }

    private func say(_ what: String) {
        Console.shared.say("\(host.host.name): \(title): \(what)")
    }

    /// - Throws: `LabError` for the first check that fails.
    mutating func run() async throws {
        let xml = try LibvirtDomain(page)
        try await prepare()
        try await checkPage(xml)
        try await checkRefusals(xml)
        try await checkWarnings(xml)
        try await checkIOMMU()
        try await host.run("kill -0 $(cat /run/libvirtd.pid)")
        try await host.checkKernelLog()
        passed += 1
    }

    /// Has what a host has and this one hasn't, and starts libvirtd.
    private func prepare() async throws {
        say("starting libvirtd")
        try await host.run(
            "export PATH=$PATH:/usr/bin:/usr/sbin && mkdir -p /usr/share /var/log/libvirt && "
                + "ln -s /share /usr/share/qemu && ln -s /run /var/run && "
                + "ln -s /bin/busybox /usr/sbin/modprobe && modprobe vfio_iommu_type1")
        try await Self.setup.device.start(on: host, cpu: 0)
        try await host.run("libvirtd --daemon && virsh version", timeout: .seconds(120))
    }

    /// Defines a domain from a text.
    private func define(_ xml: String) async throws -> SerialShell.Answer {
        try await host.write(xml, to: "/tmp/define.xml")
        return try await host.attempt("virsh define --validate /tmp/define.xml")
    }

    // MARK: The page

    /// The driver that the host has for the device.
    private func driver(_ address: String) async throws -> String {
        try await host.run("basename $(readlink /sys/bus/pci/devices/\(address)/driver)")
    }

    /// Runs its commands. Their domain is the page's, but for what differs from one host to another.
    private mutating func checkPage(_ xml: LibvirtDomain) async throws {
        let address = try await Self.setup.device.pciAddress(on: host)
        try expect(await driver(address) == "nvme", "the host's driver has the nvme")
        try await host.write(
            xml.text(on: host.host, device: address), to: "\(Self.domain).xml")
        for block in page.blocks where block.kind == .libvirt {
            say(block.place)
            transcript.write("\n\(block.place) (\(block.kind.rawValue))\n\(block.text)")
            try await host.run(block.text, of: block, transcript: transcript)
            passed += 1
            if block.text.contains("virsh start \(Self.domain)") {
                try expect(await driver(address) == "vfio-pci", "libvirt took the nvme from its driver")
                try await startWork()
                try await measure(eli: true)
            }
            for (value, eli) in [("false", false), ("true", true)]
            where block.text.contains("\"enabled\":\(value)") {
                try await measure(eli: eli)
            }
            if block.text.contains("virsh destroy \(Self.domain)") {
                try await host.run(AssignedDevice.diskAppears)
                try expect(await driver(address) == "nvme", "the host's driver has the nvme back")
            }
        }
        try expect(
            runs.map(\.eli) == [true, false, true], "the page starts a domain, switches ELI off and on")
        let left = try await host.run("virsh list --all --name; pidof qemu-system-x86_64 || true")
        try expect(
            left.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty, "nothing is left: \(left)")
    }

    /// Has the guest's vCPUs busy.
    private func startWork() async throws {
        // For a post-mortem.
        try await host.run("qemu=$(pidof qemu-system-x86_64)")
        try await guest.waitUntilReady([Self.setup.device.rawValue], timeout: GuestSession.bootLimit)
        try await guest.keepBusy(vcpus: Self.setup.vcpus)
    }

    /// Counts exits and what the host and the guest handle, with ELI as virsh has switched it.
    private mutating func measure(eli: Bool) async throws {
        if eli { try await guest.waitUntilPlaced(device: LibvirtDomain.device) }
        let state = try await guest.eliState()
        try expect(
            state.text.contains("\"active\":\(eli)") && state.isPlaced == eli,
            "ELI is \(eli ? "on" : "off"): \(state.text)")
        // A placed one doesn't let itself be moved.
        let irqs = eli
            ? try await Self.setup.device.irqs(on: host)
            : try await Self.setup.device.pinIRQs(on: host, vcpus: Self.setup.vcpus)
        runs.append(
            try await scenario.measure(
                InterruptScenario.Phase(eli: eli), of: Self.setup, count: count, irqs: irqs,
                vectors: &guestVectors, in: guest))
        try await guest.checkKernelLog()
    }

    // MARK: Refusals and warnings

    /// What virsh says that the page has in its table.
    private mutating func expectRefusal(
        _ answer: SerialShell.Answer, _ what: String, says texts: String...
    ) throws {
        transcript.write("\n\(what)\n=>\n\(answer.output)\n")
        for text in texts {
            try expect(
                answer.status != 0 && answer.output.contains(text), "\(what): not \(text) but \(answer)")
        }
    }

    private mutating func checkRefusals(_ xml: LibvirtDomain) async throws {
        say("refusals")
        try expectRefusal(
            await define(xml.text(on: host.host, maxLatency: 10)), "a latency that is too short",
            says: "maxLatency of KVM feature 'eli' must be in range [50, 10000] microseconds")
        let emulated = xml.text(on: host.host).replacing("type='kvm'", with: "type='qemu'")
        try expectRefusal(
            await define(emulated), "a domain without KVM",
            says: "KVM feature 'eli' is incompatible with domain type 'qemu'")
        // QEMU's reasons come through.
        let nested = xml.text(on: host.host).replacing(/<feature policy='disable'[^>]*>/, with: "")
        let defined = try await define(nested)
        try expect(defined.status == 0, "\(defined)")
        try expectRefusal(
            await host.attempt("virsh start \(Self.domain)", timeout: .seconds(120)),
            "a guest that is shown SVM",
            says: "QEMU unexpectedly closed the monitor (vm='\(Self.domain)')", "ELI can't run here:",
            "VMX or SVM is exposed to the guest (hide it from the guest with")
        try await host.run("virsh undefine \(Self.domain)")
    }

    /// vCPUs that ELI does nothing for are told in libvirtd's log.
    private mutating func checkWarnings(_ xml: LibvirtDomain) async throws {
        say("warnings")
        let pins = [(0, 0), (2, 1), (3, 1)].map { "<vcpupin vcpu='\($0.0)' cpuset='\($0.1)'/>" }
        let text = xml.text(on: host.host)
            .replacing(/<vcpu>\d+</, with: "<vcpu>4<")
            .replacing(/(<vcpupin[^>]*>\s*)+/, with: pins.joined())
        let defined = try await define(text)
        try expect(defined.status == 0, "\(defined)")
        try await host.run(
            "virsh start --paused \(Self.domain) && virsh destroy \(Self.domain) && "
                + "virsh undefine \(Self.domain)", timeout: .seconds(180))
        let log = try await host.run("grep vCPU \(GuestSession.libvirtLog)")
        transcript.write("\n\(log)\n")
        for warning in [
            "vCPU 0 is pinned to host CPU 0, ", "vCPU 1 is not pinned to one host CPU, ",
            "vCPU 3 shares host CPU 1 with another vCPU, ",
        ] {
            try expect(
                log.contains("Domain '\(Self.domain)': \(warning)KVM feature 'eli' does nothing for"),
                "libvirtd's log has \(warning): \(log)")
        }
        try expect(!log.contains("vCPU 2 "), "of a vCPU that is pinned: \(log)")
    }

    // MARK: The vIOMMU

    private mutating func checkIOMMU() async throws {
        say("a domain with an eli-iommu")
        let defined = try await define(
            iommuDomain.replacing("EMULATOR", with: LibvirtDomain.emulator))
        try expect(defined.status == 0, "\(defined)")
        try await host.run("virsh start eli", timeout: .seconds(120))
        let info = try await GuestSession(host: host, domain: "eli").qmp("query-eli-iommu")
        let iommu = info as? [String: Any]
        try expect(
            iommu?["teardown"] as? String == "deferred" && iommu?["stale-ms"] as? Int == 5
                && (iommu?["sidecore"] as? [String: Any])?["enabled"] as? Bool == true,
            "the eli-iommu is as the domain has it: \(info)")
        try await host.run("virsh destroy eli && virsh undefine eli")
    }
}
