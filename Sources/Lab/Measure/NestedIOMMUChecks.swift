import Foundation

/// A guest behind an eli-iommu that has devices of the host's assigned, one of them to a program of
/// its user mode: data are right, the host pins what the guest maps, and a device that goes astray
/// is stopped. With each kind of teardown.
struct NestedIOMMUChecks: ContentChecks {
    let title = "assigned devices behind the eli-iommu"
    let host: HostSession
    let content: SoakContent
    var passed = 0

    /// What the guest's program maps.
    private static let megabytes = 8
    /// Where nothing is mapped for the device, and where nothing is any more
    /// (Tests/Lab/guest/vfio-nvme.c).
    private static let strayAddress = "0x70000000"
    private static let lateAddress = "0x60000000"
    /// Long enough for an emulated machine to map something again meanwhile.
    private static let staleMilliseconds = 100
    /// How many mappings the guest has that maps too many, and how many it wants.
    private static let limit = 64
    private static let scattered = 100

    mutating func run() async throws -> Int {
        let disk = try await AssignedDevice.nvme.prepare(on: host)
        let network = try await AssignedDevice.igb.prepare(on: host)
        for teardown in ["strict", "deferred", "optimistic"] {
            let guest = try await boot(
                "teardown=\(teardown),stale-ms=\(Self.staleMilliseconds)", devices: disk.options + network.options,
                modules: disk.modules + network.modules)
            try await checkMessages(guest)
            try await checkData(guest)
            try await checkPins(guest)
            let splits = try await guest.sumOfIOMMU("splits")
            try expect(splits == 0, "\(splits) mappings of drivers were split")
            try await checkUserMode(guest)
            try await checkMirrors(guest, teardown)
            try await checkKernel(guest)
            let log = try await guest.logOfQEMU()
            try expect(log.isEmpty, "QEMU says: \(log)")
            try await guest.quit()
        }
        let guest = try await boot(
            "max-mappings=\(Self.limit)", devices: disk.options, modules: disk.modules)
        try await checkLimit(guest)
        try await guest.quit()
        let pinned = try await host.run("dmesg | grep -c 'vfio.*locked' || true")
        try expect(pinned.hasPrefix("0"), "the host's VFIO complains of locked memory")
        return passed
    }

    private func boot(
        _ properties: String, devices: [String], modules: [String]
    ) async throws -> GuestSession {
        Console.shared.say("\(host.host.name): \(title), \(properties): booting the guest")
        return try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                memory: 512, hasIOMMU: true, iommuProperties: ",\(properties)", devices: devices,
                modules: modules))
    }

    private mutating func checkMessages(_ guest: GuestSession) async throws {
        let messages = try await guest.run("dmesg | grep DMAR")
        for needed in ["DMAR: IOMMU enabled", "DMAR-IR: Enabled IRQ remapping in x2apic mode"] {
            try expect(messages.contains(needed), "no \"\(needed)\" in: \(messages)")
        }
    }

    private mutating func checkKernel(_ guest: GuestSession) async throws {
        let faults = try await guest.run(IOMMUChecks.faults)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        try expect(faults.isEmpty, "the guest's kernel says: \(faults)")
        try await guest.checkKernelLog()
    }

    private mutating func checkData(_ guest: GuestSession) async throws {
        try await guest.run(AssignedDevice.diskAppears)
        try await expectContent(of: guest, timeout: .seconds(300))
        try await AssignedDevice.igb.start(in: guest, vcpus: 1)
        try await expectDownload(by: guest)
    }

    // MARK: - What is pinned

    /// What VFIO has pinned in the host is what the guest has mapped for its devices.
    private mutating func checkPins(_ guest: GuestSession) async throws {
        // Nothing may be mapped meanwhile.
        try await guest.run("ip link set eth0 down; sync")
        let (pinned, mapped) = (try await guest.pinned(), try await guest.sumOfIOMMU("mapped"))
        try expect(
            pinned == mapped && mapped > 0, "\(pinned) bytes pinned, \(mapped) mapped")
    }

    /// What drivers did, by the account of what was mirrored.
    private mutating func checkMirrors(_ guest: GuestSession, _ teardown: String) async throws {
        var counts: [String: Int] = [:]
        for name in [
            "maps", "unmaps", "deferred", "revived", "expired", "evicted", "flushed", "stale",
            "splits", "refused", "most-stale",
        ] {
            counts[name] = try await guest.sumOfIOMMU(name)
        }
        func count(_ name: String) -> Int { counts[name] ?? 0 }
        Console.shared.say("\(host.host.name): \(title), teardown=\(teardown): \(counts)")
        // The guest's VFIO tries once whether its IOMMU can unmap the half of a mapping.
        try expect(count("splits") <= 1, "\(count("splits")) mappings were split")
        try expect(count("refused") == 0, "\(count("refused")) mappings were refused")
        try expect((count("deferred") > 0) == (teardown != "strict"), "\(counts)")
        try expect((count("revived") > 0) == (teardown == "optimistic"), "\(counts)")
        let ended = count("revived") + count("expired") + count("evicted") + count("flushed")
        try expect(count("deferred") == ended + count("stale"), "\(counts)")
    }

    // MARK: - The nvme goes to a program that drives it by VFIO

    private func startProgram(_ guest: GuestSession, _ arguments: String) async throws {
        try await guest.run(
            "d=$(readlink -f /sys/block/nvme0n1/device/device); a=${d##*/}; "
                + "echo $a >$d/driver/unbind && echo vfio-pci >$d/driver_override && "
                + "modprobe vfio_iommu_type1 && modprobe vfio-pci && "
                + "{ [ -e $d/driver ] || echo $a >/sys/bus/pci/drivers/vfio-pci/bind; }; "
                + "g=$(readlink -f $d/iommu_group); mkfifo /tmp/in; "
                + "vfio-nvme /dev/vfio/${g##*/} $a \(arguments) </tmp/in >/tmp/out 2>&1 & "
                + "exec 3>/tmp/in", timeout: .seconds(120))
        try await step("open", in: guest)
    }

    private mutating func checkUserMode(_ guest: GuestSession) async throws {
        let seen = try await host.run("dmesg | wc -l")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        try await startProgram(guest, "\(Self.megabytes)")
        let before = try await guest.pinned()
        try await guest.run("echo >&3")
        try await step("mapped", in: guest)
        let added = try await guest.pinned() - before
        try expect(
            added == Self.megabytes << 20, "the program maps \(Self.megabytes) MiB, \(added) bytes "
                + "more are pinned")
        let same = try await (guest.pinned(), guest.sumOfIOMMU("mapped"))
        try expect(same.0 == same.1, "\(same.0) bytes pinned, \(same.1) mapped")
        try await guest.run("echo >&3")
        let output = try await step("released", in: guest)
        try expect(output.contains("status=0 serial=eli"), "the nvme answers: \(output)")
        try expect(output.contains("early=0 serial=eli"), "the nvme answers: \(output)")
        // What the nvme says of its stray request doesn't matter: QEMU's says that all went well.
        try expect(output.contains("stray="), "the nvme answers: \(output)")
        // What the program has unmapped is unmapped in the host: nothing is stale.
        let released = try await guest.pinned() - before
        try expect(
            released == Self.megabytes << 20,
            "the program has \(Self.megabytes) MiB, \(released) bytes more are pinned")
        try await guest.run("echo >&3")
        try await step("identified", in: guest)
        let report = try await host.run(
            "dmesg | tail -n +$((\(seen) + 1)) | grep -E 'DMAR:.*(fault addr)' || true")
        for address in [Self.strayAddress, Self.lateAddress] {
            try expect(report.contains(address), "the host reports: \(report)")
        }
        try await guest.run("echo >&3")
        try await step("unmapped", in: guest)
        let after = try await guest.pinned()
        try expect(after == before, "\(before) bytes were pinned before, \(after) after")
        try await guest.run("echo >&3; exec 3>&-")
    }

    /// More mappings than there may be: a message that says what to do, and what was mapped before
    /// still is.
    private mutating func checkLimit(_ guest: GuestSession) async throws {
        try await guest.run(AssignedDevice.diskAppears)
        try await startProgram(guest, "1 \(Self.scattered)")
        try await guest.run("echo >&3")
        try await step("mapped", in: guest)
        let log = try await guest.logOfQEMU()
        for part in ["max-mappings=\(Self.limit)", "Raise max-mappings"] {
            try expect(log.contains(part), "no \"\(part)\" in what QEMU says: \(log)")
        }
        let count = try await guest.sumOfIOMMU("mappings")
        try expect(count == Self.limit, "\(count) mappings, and the limit is \(Self.limit)")
        try await guest.run("echo >&3")
        let output = try await step("identified", in: guest)
        try expect(output.contains("status=0 serial=eli"), "the nvme answers: \(output)")
        try await guest.run("exec 3>&-")
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
