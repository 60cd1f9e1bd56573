import Foundation

/// What befalls assigned devices beside their work: drivers are unbound and bound again, devices are
/// reset, unplugged and plugged. All data are right throughout, and delivery is direct again
/// afterwards. Huge pages back the guest.
struct AssignmentChecks: ContentChecks {
    let title = "assignment"
    let host: HostSession
    let content: SoakContent
    var passed = 0

    private static let vcpus = 2
    private static let disk = AssignedDevice.nvme
    private static let network = AssignedDevice.igb
    /// QEMU's IDs of the devices, and of the slot that the disk can be pulled out of.
    private static let diskID = "disk", networkID = "net", slot = "slot0"

    /// - Returns: how many checks passed.
    /// - Throws: `LabError` for the first that doesn't.
    mutating func run() async throws -> Int {
        let disk = try await Self.disk.bindToVFIO(on: host)
        let network = try await Self.network.bindToVFIO(on: host)
        try await checkLifeCycle(disk: disk, network: network)
        try await host.checkKernelLog()
        passed += 1
        return passed
    }

    private func say(_ what: String) {
        Console.shared.say("\(host.host.name): assigned devices: \(what)")
    }

    private mutating func checkLifeCycle(disk: String, network: String) async throws {
        say("booting a guest in huge pages")
        try await reserveHugePages()
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                vcpus: Self.vcpus, usesHugePages: true,
                devices: [
                    GuestSession.slot(Self.slot),
                    "-device vfio-pci,host=\(disk),id=\(Self.diskID),bus=\(Self.slot)",
                    "-device vfio-pci,host=\(network),id=\(Self.networkID)",
                ], modules: [Self.disk.rawValue, Self.network.rawValue]))
        try await guest.keepBusy(vcpus: Self.vcpus)
        let free = try await host.run("sed -n 's/^HugePages_Free: *//p' /proc/meminfo")
        try expect(Int(free) == 0, "the guest is in huge pages, \(free) are free")
        try await Self.network.start(in: guest, vcpus: Self.vcpus)
        try await guest.setELI(true)
        let download = ChecksummedReading(guest: guest, content: content, sources: [.network])
        try await download.start()
        try await expectDirect(Self.disk, in: guest, vcpus: Self.vcpus)

        try await checkRebinding(guest)
        try await checkResets(guest)
        try await checkHotPlug(guest, disk: disk)
        let passes = try await download.stop()
        try expect(passes["network"]! > 1, "downloads went on: \(passes)")
        try await guest.checkKernelLog()
        try await guest.quit()
        try await host.run("echo 0 >/proc/sys/vm/nr_hugepages")
    }

    /// Enough for a guest of the usual size, and no more.
    private func reserveHugePages() async throws {
        let pages = GuestSession.Options().memory / 2
        try await host.run(
            "mkdir -p /dev/hugepages && mount -t hugetlbfs none /dev/hugepages && "
                + "echo \(pages) >/proc/sys/vm/nr_hugepages && "
                + "[ $(cat /proc/sys/vm/nr_hugepages) = \(pages) ]")
    }

    /// Nobody reads it any more either: a disk that is still open gets another name when it is back.
    private static let diskGoes =
        "while [ -e /dev/nvme0n1 ] || pidof dd >/dev/null; do usleep 10000; done"

    /// Reads that may fail, until `stopReading`.
    private func startReading(_ guest: GuestSession) async throws {
        try await guest.run(
            "while :; do \(AssignedDevice.readContent) >/dev/null; usleep 10000; done & reader=$!")
    }

    private func stopReading(_ guest: GuestSession) async throws {
        try await guest.run("kill $reader; while pidof dd >/dev/null; do usleep 10000; done")
    }

    /// The guest's driver lets go of the device while it is read, and takes it again.
    private mutating func checkRebinding(_ guest: GuestSession) async throws {
        say("the guest's driver is unbound and bound")
        try await startReading(guest)
        for _ in 0..<3 {
            try await guest.run(
                "d=/sys/bus/pci/drivers/nvme; a=$(basename $(readlink /sys/class/nvme/nvme0/device)); "
                    + "echo $a >$d/unbind; \(Self.diskGoes); echo $a >$d/bind; \(AssignedDevice.diskAppears)")
        }
        try await stopReading(guest)
        try await expectDisk(Self.diskID, in: guest, vcpus: Self.vcpus)
    }

    /// The controller is reset, the function is, and the NIC goes down and up: no read fails.
    private mutating func checkResets(_ guest: GuestSession) async throws {
        say("the devices are reset")
        let reading = ChecksummedReading(guest: guest, content: content, sources: [.disk])
        try await reading.start()
        for _ in 0..<3 {
            try await guest.run(
                "echo 1 >/sys/class/nvme/nvme0/reset_controller && "
                    + "until [ $(cat /sys/class/nvme/nvme0/state) = live ]; do usleep 10000; done")
            try await guest.run("echo 1 >/sys/class/nvme/nvme0/device/reset")
        }
        try await guest.run(
            "ip link set eth0 down && ip link set eth0 up; \(AssignedDevice.linkAppears)")
        _ = try await reading.stop()
        try await expectDisk(Self.diskID, in: guest, vcpus: Self.vcpus)
    }

    /// The device is pulled out while it is read, and put back.
    private mutating func checkHotPlug(_ guest: GuestSession, disk: String) async throws {
        say("a device is unplugged and plugged")
        for _ in 0..<3 {
            try await startReading(guest)
            try await guest.unplug(Self.diskID)
            try await guest.run(Self.diskGoes)
            try await guest.waitUntilGone(Self.diskID)
            let routes = try await guest.eliState().routes
            try expect(
                !routes.contains { $0.device == Self.diskID } && !routes.isEmpty,
                "query-eli after unplugging: \(routes)")
            try await guest.plug(disk, as: Self.diskID, into: Self.slot)
            try await guest.run(AssignedDevice.diskAppears)
            try await stopReading(guest)
            try await expectDisk(Self.diskID, in: guest, vcpus: Self.vcpus)
        }
    }
}
