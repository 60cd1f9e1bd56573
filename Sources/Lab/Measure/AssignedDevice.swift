import Foundation

/// A device whose interrupts reach a guest.
enum AssignedDevice: String, Sendable {
    /// The lab's own: host irqs raised by IPI, to the guest through irqfd.
    case pulse
    /// QEMU's nvme, assigned by VFIO.
    case nvme
    /// QEMU's 82576, assigned by VFIO.
    case igb

    /// What came of an amount of work.
    struct Done: Sendable {
        let operations: Int
        /// Interrupts that the device itself says it raised; nil for a NIC, which raises them of
        /// its own accord as well: then the counts at the edges of a run can differ by a few.
        let raised: Int?
    }

    /// PCI vendor and device, where it is a device of the host's; no other has them.
    private var pciID: String? {
        switch self {
        case .pulse: nil
        case .nvme: "0x1b36:0x0010"
        case .igb: "0x8086:0x10c9"
        }
    }

    /// Part of the name of the guest's irqs.
    var guestIRQ: String {
        switch self {
        case .pulse: "pulse"
        case .nvme: "nvme0q"
        case .igb: "eth0"
        }
    }

    /// The name of the guest's irq that a vCPU gets.
    func directIRQ(vcpu: Int) -> String {
        switch self {
        case .pulse: "pulse\(vcpu)"
        case .nvme: "nvme0q\(vcpu + 1)"
        case .igb: "eth0"
        }
    }

    /// Part of the name of the host's irqs.
    var hostIRQ: String { self == .pulse ? "eli-pulse" : "vfio-msix" }

    /// The vCPU that gets the device's n-th interrupt.
    private func vcpu(ofInterrupt index: Int, vcpus: Int) -> Int {
        // An nvme's first one is for its administration.
        let queue = self == .nvme ? index - 1 : index
        return (0..<vcpus).contains(queue) ? queue : 0
    }

    /// Makes the device ready in the host.
    ///
    /// - Returns: QEMU's options for it and the guest's modules.
    func prepare(on host: HostSession) async throws -> (options: [String], modules: [String]) {
        switch self {
        case .pulse:
            let port = Self.pulsePort
            try await host.run("[ -e /dev/eli-pulse ] || modprobe eli_pulse && \(port.serve)")
            return ([port.options()], ["eli_pulse_guest"])
        case .nvme, .igb:
            let address = try await bindToVFIO(on: host)
            return (["-device vfio-pci,host=\(address)"], [rawValue])
        }
    }

    /// The pulse device's port that guests have unless they have another.
    static let pulsePort = PulsePort(number: 0)

    /// Sends the device's host irqs to the CPUs that run the vCPUs.
    ///
    /// - Returns: their numbers.
    func pinIRQs(on host: HostSession, vcpus: Int) async throws -> [String] {
        let irqs = try await irqs(on: host)
        for (index, irq) in irqs.enumerated() {
            let cpu = GuestSession.firstVCPUHostCPU + vcpu(ofInterrupt: index, vcpus: vcpus)
            try await host.run("echo \(1 << cpu) >/proc/irq/\(irq)/smp_affinity")
        }
        return irqs
    }

    /// - Returns: the numbers of the device's host irqs.
    func irqs(on host: HostSession) async throws -> [String] {
        let irqs = try await host.interrupts(describedBy: hostIRQ)
            .rows(describedBy: hostIRQ).prefix(self == .pulse ? PulsePort.lines : .max).map(\.label)
        guard !irqs.isEmpty else { throw LabError("the host has no irq called \(hostIRQ)") }
        return irqs
    }

    /// Has the host's own driver take the nvme back from VFIO.
    static func giveBackNVMe(on host: HostSession) async throws {
        let address = try await nvme.pciAddress(on: host)
        try await host.run(
            """
            modprobe nvme; a=\(address); d=/sys/bus/pci/devices/$a; \
            echo >$d/driver_override; echo $a >$d/driver/unbind; \
            echo $a >/sys/bus/pci/drivers_probe; \(diskAppears)
            """)
    }

    /// - Returns: its PCI address in the host.
    func pciAddress(on host: HostSession) async throws -> String {
        guard let pciID else { throw LabError("\(rawValue) is no PCI device of the host") }
        return try await host.run(
            """
            for d in /sys/bus/pci/devices/*; do \
            [ $(cat $d/vendor):$(cat $d/device) = \(pciID) ] && echo ${d##*/} && break; done
            """)
    }

    /// Gives it to VFIO.
    ///
    /// - Returns: its PCI address in the host.
    func bindToVFIO(on host: HostSession) async throws -> String {
        let address = try await pciAddress(on: host)
        try await Self.bindToVFIO(address, on: host)
        return address
    }

    /// Gives a device of the host to VFIO.
    static func bindToVFIO(_ address: String, on host: HostSession) async throws {
        try await host.run("modprobe vfio-pci && modprobe vfio_iommu_type1")
        try await host.run(
            """
            a=\(address); d=/sys/bus/pci/devices/$a; \
            [ ! -e $d/driver ] || echo $a >$d/driver/unbind; echo vfio-pci >$d/driver_override && \
            echo $a >/sys/bus/pci/drivers_probe && [ -e /sys/bus/pci/drivers/vfio-pci/$a ]
            """)
    }

    /// Has the host's own driver run the device, with its interrupts on a CPU.
    func start(on host: HostSession, cpu: Int) async throws {
        switch self {
        case .pulse: break
        case .nvme: try await host.run("modprobe nvme; \(Self.diskAppears)")
        case .igb:
            try await host.run("modprobe igb && " + Self.networkUp)
            try await host.run(
                "for irq in $(\(InterruptTable.numbersCommand(describedBy: "eth0"))); do "
                    + "echo \(1 << cpu) >/proc/irq/$irq/smp_affinity; done")
        }
    }

    /// Waits until the nvme's driver has it.
    static let diskAppears = "until [ -b /dev/nvme0n1 ]; do usleep 10000; done"
    /// Waits until the NIC has a link.
    static let linkAppears =
        "until [ \"$(cat /sys/class/net/eth0/carrier)\" = 1 ]; do usleep 100000; done"
    private static let networkUp =
        "ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0; " + linkAppears

    /// Makes the device ready in the guest, with interrupts on each vCPU.
    func start(in guest: GuestSession, vcpus: Int) async throws {
        switch self {
        case .pulse:
            for vcpu in 0..<vcpus {
                try await guest.run(
                    "irq=$(sed -n 's/^ *\\([0-9]*\\):.* pulse\(vcpu)$/\\1/p' /proc/interrupts) && "
                        + "echo \(1 << vcpu) >/proc/irq/$irq/smp_affinity")
            }
            // A guest's irq moves with its next interrupt. If another comes to the new vCPU while
            // the old one is about to end, Linux doesn't count it.
            try await guest.host.run(work(1, vcpus: vcpus))
        case .nvme: break
        case .igb:
            try await guest.run(Self.networkUp)
        }
    }

    /// A command that reads what `SoakContent` has put on an nvme.
    static let readContent = readContent(of: "nvme0n1")

    /// The same for any disk in /dev.
    static func readContent(of disk: String) -> String {
        "dd if=/dev/\(disk) bs=64k count=\(SoakContent.diskMegabytes * 16) iflag=direct 2>/dev/null"
    }

    /// The guest's command that reads from its nvme.
    private static func read(_ count: Int) -> String {
        "dd if=/dev/nvme0n1 of=/dev/null bs=4k count=\(count) iflag=direct 2>/dev/null"
    }

    /// The host's command that has the device do something `count` times, on each vCPU if the
    /// device has interrupts for each.
    func work(_ count: Int, vcpus: Int) -> String {
        switch self {
        case .pulse:
            return Self.pulsePort.raise(count, lines: vcpus)
        case .nvme:
            // One read at a time: one completion, one interrupt. A pipeline ends with its last.
            let reads = (0..<vcpus).map {
                "{ taskset \(1 << $0) \(Self.read(count)) || touch /tmp/failed; }"
            }
            return GuestSession.hostCommand(
                reads.joined(separator: " | ") + "; [ ! -e /tmp/failed ]", timeout: Self.workLimit)
        case .igb:
            return GuestSession.hostCommand(
                "ping -c \(count) -A -q 10.0.2.2", timeout: Self.workLimit)
        }
    }

    /// Has the device work until `stopWork`, with interrupts on the first `vcpus` vCPUs.
    func startWork(in guest: GuestSession, vcpus: Int) async throws {
        switch self {
        case .pulse:
            try await guest.host.startRaising(Self.pulsePort, lines: vcpus)
        case .nvme:
            let loop = HostSession.quote("while \(Self.read(100)); do :; done")
            try await guest.run(
                "work=; for i in $(seq 0 \(vcpus - 1)); do "
                    + "taskset $((1 << i)) sh -c \(loop) & work=\"$work $!\"; done")
        case .igb:
            try await guest.run("ping -A -q 10.0.2.2 >/tmp/ping.log & work=$!")
        }
    }

    /// - Returns: what the work printed.
    /// - Throws: `LabError` if an interrupt was lost.
    @discardableResult
    func stopWork(in guest: GuestSession) async throws -> String {
        switch self {
        case .pulse:
            let log = try await guest.host.stopRaising(timeout: Self.workLimit)
            guard try log.number(after: "raised=") > 0, try log.number(after: "lost=") == 0 else {
                throw LabError("interrupts were lost: \(log)")
            }
            return log
        case .nvme:
            // A loop that has ended had an error; a lost completion stalls dd until a timeout.
            let timeouts = try await guest.run(
                "kill $work && while pidof dd >/dev/null; do usleep 1000; done; "
                    + "dmesg | grep -ci 'nvme.*timeout' || [ $? = 1 ]")
            guard timeouts.contains("0") else { throw LabError("interrupts were lost: \(timeouts)") }
            return ""
        case .igb:
            return try await guest.run(
                "kill -INT $work; until grep packets /tmp/ping.log; do usleep 10000; done")
        }
    }

    /// Bound on the time that `work` takes.
    static let workLimit = Duration.seconds(600)

    /// - Parameters:
    ///   - output: what `work` printed.
    ///   - count: what it was asked for.
    ///   - raised: the interrupts of the host's nvme meanwhile, by its own trace.
    func done(
        _ output: String, count: Int, vcpus: Int, raisedByNVMe raised: Int
    ) throws -> Done {
        switch self {
        case .pulse:
            let raised = try output.number(after: "raised=")
            return Done(operations: raised, raised: raised)
        case .nvme:
            return Done(operations: count * vcpus, raised: raised)
        case .igb:
            // "200 packets transmitted, 200 packets received, 0% packet loss"
            return Done(operations: try output.number(after: "transmitted, "), raised: nil)
        }
    }
}

extension String {
    /// The number that follows a mark.
    func number(after mark: String) throws -> Int {
        guard let range = range(of: mark),
            let number = Int(self[range.upperBound...].prefix(while: \.isNumber))
        else { throw LabError("no '\(mark)' in: \(self)") }
        return number
    }
}
