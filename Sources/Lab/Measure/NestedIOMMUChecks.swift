import Foundation

/// A guest behind an eli-iommu that has devices of the host's assigned, one of them to a program of
/// its user mode: data are right, the host pins what the guest maps, and a device that goes astray
/// is stopped. With each kind of teardown.
struct NestedIOMMUChecks: ContentChecks {
    let host: HostSession
    let content: SoakContent
    /// Whether registers are memory that a thread polls: then drivers map and unmap without exits.
    var hasSidecore = false
    var passed = 0

    var title: String {
        "assigned devices behind the eli-iommu" + (hasSidecore ? " with a sidecore" : "")
    }

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
    /// How often the sidecore is switched off and on.
    private static let switches = 10

    mutating func run() async throws -> Int {
        let disk = try await AssignedDevice.nvme.prepare(on: host)
        let network = try await AssignedDevice.igb.prepare(on: host)
        for teardown in ["strict", "deferred", "optimistic"] {
            let guest = try await boot(
                ["teardown=\(teardown)", "stale-ms=\(Self.staleMilliseconds)"],
                devices: disk.options + network.options,
                modules: disk.modules + network.modules)
            try await checkMessages(guest)
            try await checkData(guest)
            try await checkExits(guest)
            if hasSidecore { try await checkSwitching(guest) }
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
            ["max-mappings=\(Self.limit)"], devices: disk.options, modules: disk.modules)
        try await checkLimit(guest)
        try await guest.quit()
        let pinned = try await host.run("dmesg | grep -c 'vfio.*locked' || true")
        try expect(pinned.hasPrefix("0"), "the host's VFIO complains of locked memory")
        return passed
    }

    private func boot(
        _ properties: [String], devices: [String], modules: [String]
    ) async throws -> GuestSession {
        let properties = properties + (hasSidecore ? GuestIOMMU.sidecore : [])
        let list = properties.joined(separator: ",")
        Console.shared.say("\(host.host.name): \(title), \(list): booting the guest")
        return try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                memory: 512, iommu: .eli(properties), devices: devices, modules: modules))
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

    /// The nvme's driver maps and unmaps: with a sidecore without an exit, by KVM's own counts.
    private mutating func checkExits(_ guest: GuestSession) async throws {
        try await host.run("counters arm-iommu")
        let before = try await guest.readIOMMU()
        let work = try await CountedWork(
            GuestSession.hostCommand(AssignedDevice.readContent + " | md5sum", timeout: .seconds(300)),
            on: host, timeout: .seconds(300))
        try expect(work.output.contains(content.diskSum), "the disk's checksum is \(work.output)")
        let after = try await guest.readIOMMU()
        let descriptors = after.descriptors - before.descriptors
        let exits = work.exits.accesses(toPage: GuestIOMMU.registers)
        // QEMU's count begins earlier and ends later.
        let counted = after.exits - before.exits
        let report = "\(descriptors) descriptors, \(exits) accesses to registers that exited, "
            + "\(counted) by QEMU's count"
        Console.shared.say("\(host.host.name): \(title): \(report)")
        try expect(descriptors >= 100 && exits <= counted, report)
        try expect(hasSidecore ? counted == 0 : exits > 0, report)
    }

    /// The sidecore is switched off and on, and the machine stopped, while devices are read.
    private mutating func checkSwitching(_ guest: GuestSession) async throws {
        let reading = ChecksummedReading(guest: guest, content: content)
        try await reading.start()
        for _ in 0..<Self.switches {
            try await guest.setSidecore(false)
            try await guest.setSidecore(true)
            try await guest.qmp("stop")
            try await guest.qmp("cont")
        }
        let passes = try await reading.stop()
        let state = try await guest.readIOMMU().sidecore?.state
        try expect(
            state == "memory" && passes.values.allSatisfy { $0 > 0 },
            "registers are accessed by \(state ?? "exits"); read so often: \(passes)")
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

    private mutating func checkUserMode(_ guest: GuestSession) async throws {
        let seen = try await host.run("dmesg | wc -l")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let program = try await NVMeProgram("\(Self.megabytes)", in: guest)
        let before = try await guest.pinned()
        try await program.goOn(to: "mapped")
        let added = try await guest.pinned() - before
        try expect(
            added == Self.megabytes << 20, "the program maps \(Self.megabytes) MiB, \(added) bytes "
                + "more are pinned")
        let same = try await (guest.pinned(), guest.sumOfIOMMU("mapped"))
        try expect(same.0 == same.1, "\(same.0) bytes pinned, \(same.1) mapped")
        let output = try await program.goOn(to: "released")
        try expect(output.contains("status=0 serial=eli"), "the nvme answers: \(output)")
        try expect(output.contains("early=0 serial=eli"), "the nvme answers: \(output)")
        // What the nvme says of its stray request doesn't matter: QEMU's says that all went well.
        try expect(output.contains("stray="), "the nvme answers: \(output)")
        // What the program has unmapped is unmapped in the host: nothing is stale.
        let released = try await guest.pinned() - before
        try expect(
            released == Self.megabytes << 20,
            "the program has \(Self.megabytes) MiB, \(released) bytes more are pinned")
        try await program.goOn(to: "identified")
        let report = try await host.run(
            "dmesg | tail -n +$((\(seen) + 1)) | grep -E 'DMAR:.*(fault addr)' || true")
        for address in [Self.strayAddress, Self.lateAddress] {
            try expect(report.contains(address), "the host reports: \(report)")
        }
        try await program.goOn(to: "unmapped")
        let after = try await guest.pinned()
        try expect(after == before, "\(before) bytes were pinned before, \(after) after")
        try await program.end()
    }

    /// More mappings than there may be: a message that says what to do, and what was mapped before
    /// still is.
    private mutating func checkLimit(_ guest: GuestSession) async throws {
        try await guest.run(AssignedDevice.diskAppears)
        let program = try await NVMeProgram("1 \(Self.scattered)", in: guest)
        try await program.goOn(to: "mapped")
        try await expectLimit(Self.limit, of: program, remedy: "Raise max-mappings")
    }
}
