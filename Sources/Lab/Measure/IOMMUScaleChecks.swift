import Foundation

/// More mappings than VFIO takes: neighbours become few of them and all work; if too many are none's
/// neighbours, QEMU says what to do, and what was mapped before works.
struct IOMMUScaleChecks: ContentChecks {
    let title = "many mappings"
    let host: HostSession
    let content: SoakContent
    var passed = 0

    /// What VFIO's container takes, unless its module is told otherwise.
    private static let limit = 65_535
    /// Pages of 4 KiB that are mapped at the same time, and how many by each call.
    private static let pages = 200_000, batch = 200
    /// Pages of which no two are neighbours.
    private static let scattered = limit + 100

    mutating func run() async throws -> Int {
        let disk = try await AssignedDevice.nvme.prepare(on: host)
        let guest = try await GuestSession.boot(
            on: host,
            GuestSession.Options(
                memory: 1200, iommu: .eli(GuestIOMMU.sidecore), devices: disk.options,
                modules: disk.modules))
        try await checkNeighbours(guest)
        try await checkScattered(guest)
        try await guest.checkKernelLog()
        try await guest.quit()
        return passed
    }

    private func say(_ what: String) {
        Console.shared.say("\(host.host.name): \(title): \(what)")
    }

    private mutating func checkNeighbours(_ guest: GuestSession) async throws {
        say("\(Self.pages) pages, \(Self.batch) neighbours by each call")
        let module = try await DMAModule(in: guest)
        let before = try await guest.pinned()
        try await host.run("counters arm-iommu")
        let work = try await CountedWork(
            GuestSession.hostCommand(
                DMAModule.hold(Self.pages, batch: Self.batch), timeout: DMAModule.limit),
            on: host, timeout: DMAModule.limit)
        let reading = try await guest.readIOMMU()
        let mappings = reading.sum("mappings"), mapped = reading.sum("mapped")
        let requests = work.exits.vfioRequests[VFIORequest.map.rawValue] ?? 0
        let pinned = try await guest.locked()
        say(
            "\(mappings) mappings of \(mapped) bytes, \(pinned) bytes pinned, "
                + "\(requests) requests to VFIO")
        try expect(
            mapped >= Self.pages * 4096 && pinned == mapped,
            "\(pinned) bytes are pinned, \(mapped) are mapped")
        try expect(
            reading.sum("max-mappings") == Self.limit && mappings < Self.limit
                && reading.sum("refused") == 0,
            "\(mappings) mappings, \(reading.sum("refused")) were refused; "
                + "the limit is \(reading.sum("max-mappings"))")
        // A mapping is a power of two of pages: 200 are 128, 64 and 8.
        let calls = Self.pages / Self.batch
        try expect(
            (1...calls * 4).contains(requests), "\(requests) requests for \(calls) calls")
        try await expectContent(of: guest, timeout: .seconds(300))
        try await module.release()
        let after = try await guest.pinned()
        try expect(after == before, "\(before) bytes were pinned before, \(after) after")
        let log = try await guest.logOfQEMU()
        try expect(log.isEmpty, "QEMU says: \(log)")
    }

    private mutating func checkScattered(_ guest: GuestSession) async throws {
        say("\(Self.scattered) pages that are no neighbours")
        let program = try await NVMeProgram(
            "1 \(Self.scattered)", parameters: "dma_entry_limit=1000000", in: guest)
        try await program.goOn(to: "mapped", timeout: .seconds(1200))
        try await expectLimit(Self.limit, of: program, remedy: "Raise dma_entry_limit")
    }
}
