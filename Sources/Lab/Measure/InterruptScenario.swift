import Foundation

/// Counts what the interrupts of one device cost: the figure that ELI is about.
struct InterruptScenario: Sendable {
    /// A device whose interrupts reach a guest.
    enum Device: String, Sendable {
        /// The lab's own: host irqs raised by IPI, to the guest through irqfd.
        case pulse
        /// QEMU's nvme, assigned by VFIO.
        case nvme
        /// QEMU's 82576, assigned by VFIO.
        case igb
    }

    /// A run's work, and how to count it.
    private struct Work {
        /// Part of the name of the guest's irqs.
        let guestIRQ: String
        /// Part of the name of the host's irqs.
        let hostIRQ: String
        let perform: @Sendable (_ count: Int) async throws -> Done
    }

    /// What came of a run's work.
    private struct Done {
        let operations: Int
        /// Interrupts that the device itself says it raised; nil for a NIC, which raises them of
        /// its own accord as well: then the counts at the edges of a run can differ by a few.
        let raised: Int?
    }

    let lab: Workshop
    let kernel: KernelPackage
    let qemuVersion: String

    // MARK: Devices

    /// Makes a device ready in the host.
    ///
    /// - Returns: QEMU's options for it and the guest's modules.
    private func prepare(_ device: Device, on host: HostSession) async throws
        -> (options: [String], modules: [String]) {
        switch device {
        case .pulse:
            try await host.run("modprobe eli_pulse && pulse serve /tmp/pulse.sock")
            return (
                ["-chardev socket,id=pulse,path=/tmp/pulse.sock",
                 "-device ivshmem-doorbell,chardev=pulse,vectors=4"], ["eli_pulse_guest"]
            )
        case .nvme:
            let address = try await bindToVFIO(vendorAndDevice: "0x1b36:0x0010", on: host)
            return (["-device vfio-pci,host=\(address)"], ["nvme"])
        case .igb:
            let address = try await bindToVFIO(vendorAndDevice: "0x8086:0x10c9", on: host)
            return (["-device vfio-pci,host=\(address)"], ["igb"])
        }
    }

    private func bindToVFIO(vendorAndDevice: String, on host: HostSession) async throws -> String {
        try await host.run("modprobe vfio-pci && modprobe vfio_iommu_type1")
        let address = try await host.run(
            """
            for d in /sys/bus/pci/devices/*; do \
            [ $(cat $d/vendor):$(cat $d/device) = \(vendorAndDevice) ] && break; done; \
            a=${d##*/}; echo vfio-pci >$d/driver_override && \
            echo $a >/sys/bus/pci/drivers_probe && [ -e /sys/bus/pci/drivers/vfio-pci/$a ] && echo $a
            """)
        return address
    }

    private func work(for device: Device, guest: GuestSession) -> Work {
        switch device {
        case .pulse:
            return Work(guestIRQ: "pulse0", hostIRQ: "eli-pulse0") { count in
                let line = try await guest.host.run(
                    "taskset 1 pulse raise 0 \(count)", timeout: .seconds(300))
                let raised = try Self.number(after: "raised=", in: line)
                return Done(operations: raised, raised: raised)
            }
        case .nvme:
            return Work(guestIRQ: "nvme0q", hostIRQ: "vfio-msix") { count in
                // One read at a time: one completion, one interrupt.
                let before = guest.host.raisedByNVMe()
                try await guest.run(
                    "dd if=/dev/nvme0n1 of=/dev/null bs=4k count=\(count) iflag=direct 2>/dev/null",
                    timeout: .seconds(300))
                return Done(operations: count, raised: guest.host.raisedByNVMe() - before)
            }
        case .igb:
            return Work(guestIRQ: "eth0", hostIRQ: "vfio-msix") { count in
                let text = try await guest.run(
                    "ping -c \(count) -A -q 10.0.2.2", timeout: .seconds(300))
                // "200 packets transmitted, 200 packets received, 0% packet loss"
                let answered = try Self.number(after: "transmitted, ", in: text)
                return Done(operations: answered, raised: nil)
            }
        }
    }

    static func number(after mark: String, in text: String) throws -> Int {
        guard let range = text.range(of: mark),
            let number = Int(text[range.upperBound...].prefix(while: \.isNumber))
        else { throw LabError("no '\(mark)' in: \(text)") }
        return number
    }

    // MARK: Running

    /// Boots a guest with the device and measures `count` operations.
    func measure(_ device: Device, count: Int, on host: HostSession) async throws -> Report.Run {
        let name = "\(host.host.name)/\(device.rawValue)"
        Console.shared.say("\(name): booting the guest")
        let prepared = try await prepare(device, on: host)
        let options = GuestSession.Options(
            eli: "off", vcpus: 1, devices: prepared.options, modules: prepared.modules)
        let guest = try await GuestSession.boot(on: host, options, timeout: .seconds(240))
        if device == .igb {
            try await guest.run(
                "ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0; "
                    + "until [ \"$(cat /sys/class/net/eth0/carrier)\" = 1 ]; do usleep 100000; done")
        }
        let work = work(for: device, guest: guest)
        let irqs = try await pinIRQs(work.hostIRQ, on: host)
        try await host.run("counters arm \(irqs.joined(separator: " "))")
        Console.shared.say("\(name): \(count) operations")
        _ = try await work.perform(20)

        let before = try await reading(guest)
        let start = ContinuousClock.now
        let done = try await work.perform(count)
        let elapsed = ContinuousClock.now - start
        let after = try await reading(guest)
        let reasons = try await Self.reasons(guest)
        let console = try await guest.host.run("cat /tmp/qemu.log")
        try await guest.quit()

        var run = evaluate(
            before: before, after: after, work: work, asked: count, done: done, host: host)
        run.device = device.rawValue
        run.seconds = Double(elapsed.components.seconds)
            + Double(elapsed.components.attoseconds) / 1e18
        run.reasons = reasons
        if !console.isEmpty { run.notes.append("QEMU said: \(console)") }
        return run
    }

    /// Sends the device's host irqs to the CPU that runs vCPU 0.
    ///
    /// - Returns: their numbers.
    private func pinIRQs(_ name: String, on host: HostSession) async throws -> [String] {
        let table = InterruptTable(try await host.run("cat /proc/interrupts"))
        let irqs = table.rows(describedBy: name).map(\.label)
        guard !irqs.isEmpty else { throw LabError("the host has no irq called \(name)") }
        for irq in irqs {
            try await host.run(
                "echo \(1 << GuestSession.firstVCPUHostCPU) >/proc/irq/\(irq)/smp_affinity")
        }
        return irqs
    }

    private struct Reading {
        let guest: InterruptTable
        let host: InterruptTable
        let exits: ExitCounters
    }

    private func reading(_ guest: GuestSession) async throws -> Reading {
        Reading(
            guest: try await guest.interrupts(),
            host: InterruptTable(try await guest.host.run("cat /proc/interrupts")),
            exits: ExitCounters(try await guest.host.run("counters read")))
    }

    /// The codes that query-eli answers.
    static func reasons(_ guest: GuestSession) async throws -> [String] {
        guard let info = try await guest.qmp("query-eli") as? [String: Any],
            let reasons = info["reasons"] as? [[String: Any]]
        else { throw LabError("query-eli: no reasons") }
        return reasons.compactMap { $0["code"] as? String }
    }

    // MARK: Evaluation

    private func evaluate(
        before: Reading, after: Reading, work: Work, asked: Int, done: Done, host: HostSession
    ) -> Report.Run {
        let counted = after.exits - before.exits
        let reasons = host.host.vendorModule == "kvm-intel" ? ExitReasons.vmx : ExitReasons.svm
        func handled(_ table: KeyPath<Reading, InterruptTable>, _ name: String) -> Int {
            after[keyPath: table].total(describedBy: name)
                - before[keyPath: table].total(describedBy: name)
        }
        let guestHandled = handled(\.guest, work.guestIRQ)
        let hostHandled = handled(\.host, work.hostIRQ)
        // Only this device sends the guest MSIs.
        let vectors = counted.msis.keys
        let deviceExits = Report.DeviceExits(
            external_interrupt: counted.deviceExits[reasons.externalInterrupt] ?? 0,
            eoi: vectors.reduce(0) { $0 + (counted.eois[$1] ?? 0) })
        // An MSI whose vector is still pending in the IRR is one with it.
        let coalesced = counted.msis.values.reduce(0, +)
            - vectors.reduce(0) { $0 + (counted.injections[$1] ?? 0) }
        // Where the device doesn't tell, by operations: an echo request without its reply.
        let lost = done.raised.map { $0 - coalesced - guestHandled } ?? asked - done.operations
        let raised = done.raised ?? hostHandled
        return Report.Run(
            host: host.host.name, emulated: host.host.isEmulated, kernel: kernel.release, qemu: qemuVersion,
            scenario: "interrupts", device: "", method: "assignment", eli: false, vcpus: 1,
            raised: raised, guest_handled: guestHandled, host_handled: hostHandled,
            coalesced: coalesced, lost: lost,
            exits: Self.exits(counted, reasons),
            device_exits_per_interrupt:
                Double(deviceExits.external_interrupt + deviceExits.eoi) / Double(max(1, raised)),
            placement: "none", seconds: 0, operations: done.operations,
            device_exits: deviceExits, reasons: [],
            notes: done.raised == nil
                ? ["raised: the host handler's count; lost: echo requests without reply"] : [])
    }

    private static func exits(_ counted: ExitCounters, _ reasons: ExitReasons) -> Report.Exits {
        func count(_ reason: Int?) -> Int { reason.flatMap { counted.exits[$0] } ?? 0 }
        var exits = Report.Exits(
            total: counted.total, external_interrupt: count(reasons.externalInterrupt),
            eoi: counted.msrWrites[ExitReasons.eoiMSR] ?? 0,
            interrupt_window: count(reasons.interruptWindow),
            timer: (counted.msrWrites[ExitReasons.tscDeadlineMSR] ?? 0)
                + count(reasons.preemptionTimer),
            hlt: count(reasons.hlt), io: count(reasons.io), other: 0)
        exits.other = exits.total - exits.external_interrupt - exits.eoi - exits.interrupt_window
            - exits.timer - exits.hlt - exits.io
        return exits
    }
}
