import Foundation

/// What people run into with assigned devices behind a vIOMMU, in a host whose IOMMU has 39-bit
/// addresses: what can't work is refused with what to do, and the rest works.
struct IOMMUFailureChecks: ContentChecks {
    let title = "failures of a vIOMMU"
    let host: HostSession
    let content: SoakContent
    var passed = 0

    /// Bits of a device's addresses that the host's IOMMU translates.
    static let addressBits = 39

    /// MiB of the guest, and what QEMU may lock: enough for one device, not for two.
    private static let memory = 256, lockable = 300
    private static let diskID = "disk", slot = "slot0"

    mutating func run() async throws -> Int {
        let disk = try await AssignedDevice.nvme.bindToVFIO(on: host)
        let network = try await AssignedDevice.igb.bindToVFIO(on: host)
        try await checkRefusals(disk: disk, network: network)
        let guest = try await boot(network: network)
        try await checkHotPlug(guest, disk: disk)
        try await checkReset(guest)
        try await guest.checkKernelLog()
        try await guest.quit()
        return passed
    }

    private func say(_ what: String) {
        Console.shared.say("\(host.host.name): \(title): \(what)")
    }

    private func start(_ options: String, lockable: Int? = nil) async throws -> SerialShell.Answer {
        try await host.tryQEMU(
            "-accel kvm -machine q35,kernel-irqchip=split -cpu host,vmx=off,svm=off "
                + "-m \(Self.memory) \(options)", lockable: lockable)
    }

    private mutating func checkRefusals(disk: String, network: String) async throws {
        say("QEMU refuses what can't work")
        let device = "-device vfio-pci,host=\(disk)"
        let both = "\(device) -device vfio-pci,host=\(network)"
        let fits = "-device eli-iommu,aw-bits=\(Self.addressBits)"
        let refusals: [(options: String, lockable: Int?, words: [String])] = [
            ("-device eli-iommu \(device)", nil,
             ["aw-bits=48, but the host's IOMMU translates only 39 bits", "Use aw-bits=39"]),
            ("\(fits),caching-mode=off \(device)", nil,
             ["needs caching-mode=on: without it the guest doesn't report new mappings"]),
            ("-device eli-iommu,aw-bits=40", nil, ["aw-bits must be 39 or 48"]),
            ("\(fits),intremap=on -machine kernel-irqchip=on \(device)", nil,
             ["cannot work with kernel-irqchip=on, please use 'split"]),
            ("\(fits),intremap=off,eim=on", nil, ["eim=on needs intremap=on"]),
            ("\(fits),eim=off -smp 1,maxcpus=300", nil, ["APIC id above 254 need eim=on"]),
            ("\(fits) \(both)", Self.lockable,
             ["Cannot allocate memory", "Raise the limit of locked memory", "each device counts anew"]),
        ]
        for (options, lockable, words) in refusals {
            let answer = try await start(options, lockable: lockable)
            try expect(answer.status == 1, "\(options): status \(answer.status)\n\(answer.output)")
            for word in words {
                try expect(answer.output.contains(word), "\(options): no \"\(word)\" in\n\(answer.output)")
            }
        }
        let accepted = try await start("\(fits) \(both)")
        try expect(accepted.status == 0, "\(fits) \(both):\n\(accepted.output)")
    }

    private func boot(network: String) async throws -> GuestSession {
        say("booting a guest")
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                reboots: true, memory: Self.memory, lockable: Self.lockable,
                iommu: .eli(["aw-bits=\(Self.addressBits)"]),
                devices: [
                    GuestSession.slot(Self.slot),
                    "-device vfio-pci,host=\(network),id=net",
                ], modules: Self.modules))
        try await AssignedDevice.igb.start(in: guest, vcpus: 1)
        return guest
    }

    private static let modules = [AssignedDevice.nvme.rawValue, AssignedDevice.igb.rawValue]

    /// A second device comes and goes while the first has live mappings: none is refused because
    /// something is mapped there already. Who may lock too little is told so.
    private mutating func checkHotPlug(_ guest: GuestSession, disk: String) async throws {
        say("a device is plugged and unplugged behind it")
        let download = ChecksummedReading(guest: guest, content: content, sources: [.network])
        try await download.start()
        for _ in 0..<2 {
            try await guest.plug(disk, as: Self.diskID, into: Self.slot)
            try await guest.run(AssignedDevice.diskAppears)
            try await expectContent(of: guest, timeout: .seconds(300))
            try await guest.unplug(Self.diskID)
            try await guest.waitUntilGone(Self.diskID)
        }
        _ = try await download.stop()
        let log = try await guest.logOfQEMU()
        try expect(
            log.contains("2 devices, \(2 * Self.memory) MiB, but only \(Self.lockable) MiB"),
            "QEMU doesn't tell of locked memory: \(log)")
        let others = log.split(separator: "\n").filter {
            !$0.contains("locked") && !$0.contains("Raise the limit")
        }
        try expect(others.isEmpty, "QEMU says: \(others)")
    }

    /// The machine is reset while its device has live mappings; none outlives that.
    private mutating func checkReset(_ guest: GuestSession) async throws {
        say("the machine is reset with live mappings")
        try await guest.noteKernel()
        try await guest.run("while :; do \(content.download) >/dev/null; done & usleep 500000")
        try await guest.qmp("system_reset")
        try await guest.waitForNextKernel(Self.modules)
        try await AssignedDevice.igb.start(in: guest, vcpus: 1)
        try await expectDownload(by: guest)
        try await guest.run("ip link set eth0 down")
        let (pinned, mapped) = (try await guest.pinned(), try await guest.sumOfIOMMU("mapped"))
        try expect(pinned == mapped, "\(pinned) bytes pinned, \(mapped) mapped")
    }
}
