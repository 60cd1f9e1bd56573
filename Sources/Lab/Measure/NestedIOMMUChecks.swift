import Foundation

/// A guest behind an eli-iommu that has devices of the host's assigned, one of them to a program of
/// its user mode: data are right, the host pins what the guest maps, and a device that goes astray
/// is stopped.
struct NestedIOMMUChecks: ContentChecks {
    let title = "assigned devices behind the eli-iommu"
    let host: HostSession
    let content: SoakContent
    var passed = 0

    /// What the guest's program maps.
    private static let megabytes = 8
    /// Where no memory is mapped for the device (Tests/Lab/guest/vfio-nvme.c).
    private static let strayAddress = "0x70000000"

    mutating func run() async throws -> Int {
        let disk = try await AssignedDevice.nvme.prepare(on: host)
        let network = try await AssignedDevice.igb.prepare(on: host)
        Console.shared.say("\(host.host.name): \(title): booting the guest")
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                memory: 512, hasIOMMU: true, devices: disk.options + network.options,
                modules: disk.modules + network.modules))
        let messages = try await guest.run("dmesg | grep DMAR")
        for needed in ["DMAR: IOMMU enabled", "DMAR-IR: Enabled IRQ remapping in x2apic mode"] {
            try expect(messages.contains(needed), "no \"\(needed)\" in: \(messages)")
        }
        try await checkData(guest)
        try await checkPins(guest)
        try await checkUserMode(guest)
        let faults = try await guest.run(IOMMUChecks.faults)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        try expect(faults.isEmpty, "the guest's kernel says: \(faults)")
        try await guest.checkKernelLog()
        let log = try await host.run("cat /tmp/qemu.log")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        try expect(log.isEmpty, "QEMU says: \(log)")
        try await guest.quit()
        let pinned = try await host.run("dmesg | grep -c 'vfio.*locked' || true")
        try expect(pinned.hasPrefix("0"), "the host's VFIO complains of locked memory")
        return passed
    }

    private mutating func checkData(_ guest: GuestSession) async throws {
        try await guest.run(AssignedDevice.diskAppears)
        try await expectContent(of: guest, timeout: .seconds(300))
        try await AssignedDevice.igb.start(in: guest, vcpus: 1)
        let sum = try await guest.run(
            "\(content.download) | md5sum", timeout: .seconds(300))
        try expect(sum.contains(content.fileSum), "the download's checksum is \(sum)")
    }

    /// What VFIO has pinned in the host is what the guest has mapped for its devices.
    private mutating func checkPins(_ guest: GuestSession) async throws {
        // Nothing may be mapped meanwhile.
        try await guest.run("ip link set eth0 down; sync")
        let pins = try await guest.pinsAndMappings()
        try expect(
            pins.pinned == pins.mapped && pins.mapped > 0,
            "\(pins.pinned) bytes pinned, \(pins.mapped) mapped")
    }

    /// The nvme goes to a program that drives it by VFIO.
    private mutating func checkUserMode(_ guest: GuestSession) async throws {
        try await guest.run(
            "d=$(readlink -f /sys/block/nvme0n1/device/device); a=${d##*/}; "
                + "echo $a >$d/driver/unbind && echo vfio-pci >$d/driver_override && "
                + "modprobe vfio_iommu_type1 && modprobe vfio-pci && "
                + "{ [ -e $d/driver ] || echo $a >/sys/bus/pci/drivers/vfio-pci/bind; }; "
                + "g=$(readlink -f $d/iommu_group); mkfifo /tmp/in; "
                + "vfio-nvme /dev/vfio/${g##*/} $a \(Self.megabytes) </tmp/in >/tmp/out 2>&1 & "
                + "exec 3>/tmp/in", timeout: .seconds(120))
        try await step("open", in: guest)
        let before = try await guest.pinned()
        try await guest.run("echo >&3")
        try await step("mapped", in: guest)
        let added = try await guest.pinned() - before
        try expect(
            added == Self.megabytes << 20, "the program maps \(Self.megabytes) MiB, \(added) bytes "
                + "more are pinned")
        let pins = try await guest.pinsAndMappings()
        try expect(
            pins.pinned == pins.mapped, "\(pins.pinned) bytes pinned, \(pins.mapped) mapped")
        try await guest.run("echo >&3")
        let output = try await step("identified", in: guest)
        try expect(output.contains("status=0 serial=eli"), "the nvme answers: \(output)")
        // What the nvme says of its stray request doesn't matter: QEMU's says that all went well.
        try expect(output.contains("stray="), "the nvme answers: \(output)")
        let report = try await host.run("dmesg | grep -E 'DMAR:.*(fault addr)' || true")
        try expect(report.contains(Self.strayAddress), "the host reports: \(report)")
        try await guest.run("echo >&3")
        try await step("unmapped", in: guest)
        let after = try await guest.pinned()
        try expect(after == before, "\(before) bytes were pinned before, \(after) after")
        try await guest.run("echo >&3; exec 3>&-")
    }

    /// Waits for the program's step.
    ///
    /// - Returns: what it has printed.
    @discardableResult
    private func step(_ name: String, in guest: GuestSession) async throws -> String {
        try await guest.run(
            "until grep -q '^\(name)$' /tmp/out; do pidof vfio-nvme >/dev/null || break; "
                + "usleep 50000; done; cat /tmp/out; grep -q '^\(name)$' /tmp/out",
            timeout: .seconds(120))
    }
}
