import Foundation

/// Disks and NICs of all kinds work behind an IOMMU, with all data right.
struct IOMMUChecks: CheckSuite, Sendable {
    let host: HostSession
    let content: SoakContent
    /// Where the sidecore tells what it has done; nil without one.
    var sidecore: EmulatorMonitor?
    var passed = 0

    var title: String { host.host.name }

    /// A command that prints what Linux says when its IOMMU reports a fault or an error of the queue.
    static let faults = "dmesg | grep -E 'handling fault|fault addr|QI detected' || true"

    private static let networks = ["igb": "igb", "e1000e": "e1000e", "virtio-net": "virtio_net"]

    /// - Returns: what the kernel said about the IOMMU.
    mutating func run() async throws -> [String] {
        let messages = try await messages()
        for driver in ["nvme", "virtio_blk"] + Self.networks.values {
            try await host.run("modprobe \(driver)")
        }
        for disk in ["nvme0n1", "vda"] { try await checkDisk(disk) }
        for (name, driver) in Self.networks.sorted(by: <) {
            try await checkNetwork(name, driver: driver)
        }
        try await checkRemapping()
        let faults = try await host.run(Self.faults)
        try expect(faults.isEmpty, "the kernel says: \(faults)")
        try await host.checkKernelLog()
        return messages
    }

    /// What Linux says of DMA and interrupt remapping, less what an IOMMU's capabilities make
    /// different.
    private mutating func messages() async throws -> [String] {
        let log = try await host.run("dmesg | grep -E 'DMAR|iommu:' | sed 's/^\\[[^]]*\\] //'")
        for needed in [
            "DMAR: IOMMU enabled", "DMAR-IR: Enabled IRQ remapping in x2apic mode",
            "DMAR: Intel(R) Virtualization Technology for Directed I/O",
        ] {
            try expect(log.contains(needed), "no \"\(needed)\" in: \(log)")
        }
        return log.split(separator: "\n").map { line in
            String(line.range(of: " cap ").map { line[..<$0.lowerBound] } ?? line)
        }
    }

    private mutating func checkDisk(_ disk: String) async throws {
        try await host.run("until [ -b /dev/\(disk) ]; do usleep 10000; done")
        let read = "\(AssignedDevice.readContent(of: disk)) | md5sum"
        let before = try await sidecore?.readIOMMU()
        let sum = try await host.run(read, timeout: .seconds(300))
        if let before, let after = try await sidecore?.readIOMMU() {
            try checkExits(from: before, to: after)
        }
        try expect(sum.contains(content.diskSum), "\(disk) has the checksum \(sum)")
        // What is written, in small pieces and large, comes back.
        try await host.run("head -c 4194304 /dev/urandom >/tmp/data", timeout: .seconds(120))
        for kilobytes in [4, 256] {
            let back = try await host.run(
                "dd if=/tmp/data of=/dev/\(disk) bs=\(kilobytes)k oflag=direct 2>/dev/null && "
                    + "dd if=/dev/\(disk) bs=\(kilobytes)k count=\(4096 / kilobytes) "
                    + "iflag=direct 2>/dev/null | cmp - /tmp/data && echo same",
                timeout: .seconds(300))
            try expect(
                back.contains("same"), "\(disk), \(kilobytes) KiB at a time, gives back: \(back)")
        }
    }

    /// The driver has mapped and unmapped, and that has caused no exits.
    private mutating func checkExits(
        from before: IOMMUReading, to after: IOMMUReading
    ) throws {
        let state = after.sidecore?.state ?? "exits, without a sidecore"
        try expect(state == "memory", "registers are accessed by \(state)")
        try expect(
            after.exits == before.exits && after.descriptors >= before.descriptors + 100,
            "\(after.descriptors - before.descriptors) descriptors, and "
                + "\(after.exits - before.exits) accesses to registers that exited")
    }

    private mutating func checkNetwork(_ name: String, driver: String) async throws {
        let sum = try await host.run(
            "for d in /sys/class/net/*/device/driver; do "
                + "case $(readlink -f $d) in */\(driver)) n=${d#/sys/class/net/}; n=${n%%/*};; esac; "
                + "done; ifconfig $n 10.0.2.15 && "
                + "until [ \"$(cat /sys/class/net/$n/carrier)\" = 1 ]; do usleep 100000; done; "
                + "for i in 1 2 3; do \(content.download) | md5sum; done; ifconfig $n down",
            timeout: .seconds(300))
        let sums = sum.split(separator: "\n").filter { $0.contains(content.fileSum) }
        try expect(sums.count == 3, "\(name) gives the checksums \(sum)")
    }

    /// Devices' interrupts are remapped, and reach the CPU that they are sent to.
    private mutating func checkRemapping() async throws {
        // A queue of its own for each CPU: work there interrupts there.
        let rows = try await host.interrupts(describedBy: "nvme0q").rows
        guard let cpus = rows.first?.counts.count else { throw LabError("no irqs of the nvme's") }
        for row in rows {
            try expect(row.description.contains("IR-PCI-MSI"), "not remapped: \(row.description)")
        }
        let before = try await handled(byQueueOf: cpus - 1)
        try await host.run(
            "taskset \(String(1 << (cpus - 1), radix: 16)) dd if=/dev/nvme0n1 of=/dev/null bs=4k "
                + "count=100 iflag=direct 2>/dev/null")
        let after = try await handled(byQueueOf: cpus - 1)
        try expect(after >= before + 100, "the last CPU's interrupts: \(before), then \(after)")
    }

    /// How many interrupts of a CPU's queue that CPU has handled.
    private func handled(byQueueOf cpu: Int) async throws -> Int {
        let name = "nvme0q\(cpu + 1)"
        let row = try await host.interrupts(describedBy: name).rows
            .first { $0.description.hasSuffix(name) }
        guard let row, cpu < row.counts.count else { throw LabError("no irq called \(name)") }
        return row.counts[cpu]
    }
}
