import Foundation

/// More mappings than VFIO takes: neighbours become few of them and all work; if too many are none's
/// neighbours, QEMU says what to do, and what was mapped before works. And a million of them one after
/// the other, of which none may be stale for too long.
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

    /// Rounds of operations one at a time, and in a ring of 16: a million in all.
    private static let rounds = 20, single = 45_000, ring = 5_000
    /// The eli-iommu's stale-ms, by default.
    private static let staleTime = 10.0

    mutating func run() async throws -> Int {
        let disk = try await AssignedDevice.nvme.prepare(on: host)
        func boot(_ properties: [String], memory: Int) async throws -> GuestSession {
            try await GuestSession.boot(
                on: host,
                GuestSession.Options(
                    memory: memory, iommu: .eli(properties + GuestIOMMU.sidecore),
                    devices: disk.options, modules: disk.modules))
        }
        var guest = try await boot([], memory: 1200)
        try await checkNeighbours(guest)
        try await checkScattered(guest)
        try await guest.checkKernelLog()
        try await guest.quit()
        guest = try await boot(["teardown=optimistic"], memory: 640)
        try await checkStaleTime(guest)
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

    private mutating func checkStaleTime(_ guest: GuestSession) async throws {
        let module = try await DMAModule(in: guest)
        var operations = 0
        for _ in 0..<Self.rounds {
            for (count, depth) in [(Self.single, 1), (Self.ring, 16)] {
                try await guest.run(
                    DMAModule.mapAndUnmap(count, depth: depth), timeout: DMAModule.limit)
                operations += try await module.report().operations
            }
            Console.shared.progress(
                "\(host.host.name): \(title): \(operations) mapped and unmapped")
        }
        let reading = try await guest.readIOMMU()
        let longest = reading.longestStale, most = reading.sum("most-stale")
        let stale = "\(most) of \(operations) mappings were stale at once, \(longest) ms at most"
        say(stale)
        try expect(most > 0 && longest > 0 && longest < Self.staleTime, stale)
        try await expectContent(of: guest, timeout: .seconds(300))
    }
}
