import CELI
import Foundation
import Testing

@testable import elictl

/// The doctor's verdicts on hosts of all sorts.
struct DoctorTests {
    private static let library = LibraryFacts.loaded(
        path: "/usr/lib/libELI.so.1", version: "1.0", major: UInt32(ELI_ABI_MAJOR),
        minor: UInt32(ELI_ABI_MINOR))
    private static let features: KVMFeatures = [.query, .direct, .shadow]

    /// A host that is ready.
    private static func ready(_ vendor: CPUFacts.Virtualization) throws -> PreparedTree {
        let tree = try PreparedTree()
        let vmx = "vmx flags\t: vnmi preemption_timer mtf vtpr ept unrestricted_guest\n"
        tree.add(
            "proc/cpuinfo",
            """
            processor\t: 0
            vendor_id\t: \(vendor == .vmx ? "GenuineIntel" : "AuthenticAMD")
            flags\t\t: fpu x2apic \(vendor == .vmx ? "vmx" : "svm npt")
            \(vendor == .vmx ? vmx : "")
            processor\t: 1
            flags\t\t: fpu
            """)
        tree.add("proc/interrupts", "  24:  0  0  IR-PCI-MSI-0000:00:1f.2  0-edge  ahci\n")
        tree.add("proc/irq/default_smp_affinity", "3\n")
        tree.add("proc/self/status", "CapEff:\t000001ffffffffff\n")
        tree.add("sys/devices/system/cpu/online", "0-3\n")
        tree.add("sys/devices/system/cpu/isolated", "2-3\n")
        tree.add("sys/devices/system/cpu/nohz_full", "2-3\n")
        tree.add("sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "4\n")
        let module = vendor == .vmx ? "kvm_intel" : "kvm_amd"
        tree.add("sys/module/\(module)/parameters/nested", vendor == .vmx ? "N\n" : "0\n")
        tree.add("sys/module/kvm_intel/parameters/preemption_timer", "Y\n")
        var registers = Data(count: 0x1b)
        withUnsafeBytes(of: UInt64(0xfee0_0d00).littleEndian) { registers.append(contentsOf: $0) }
        tree.add("dev/cpu/0/msr", registers)
        return tree
    }

    private func findings(
        _ tree: PreparedTree, kvm: KVMFacts = .answered(Self.features, []),
        library: LibraryFacts = Self.library
    ) -> [Finding] {
        Doctor(HostFacts(tree: tree.host, kvm: kvm, library: library)).findings
    }

    private func finding(
        _ check: String, _ tree: PreparedTree, kvm: KVMFacts = .answered(Self.features, [])
    ) throws -> Finding {
        let found = findings(tree, kvm: kvm).filter { $0.check == check }
        #expect(found.count == 1)
        return try #require(found.first)
    }

    private func notOK(_ findings: [Finding]) -> [String] {
        findings.filter { $0.verdict != .ok }.map { "\($0.verdict.rawValue) \($0.check)" }
    }

    @Test(arguments: [CPUFacts.Virtualization.vmx, .svm])
    func aReadyHostIsReady(vendor: CPUFacts.Virtualization) throws {
        let found = findings(try Self.ready(vendor))
        #expect(notOK(found) == [])
        #expect(DoctorReport(found).ready)
        #expect(DoctorReport(found).text.hasSuffix("\nready: 0 problems, 0 warnings"))
    }

    @Test(arguments: [CPUFacts.Virtualization.vmx, .svm])
    func withStockModulesOnlyTheyAreAProblem(vendor: CPUFacts.Virtualization) throws {
        let found = findings(try Self.ready(vendor), kvm: .stock)
        #expect(notOK(found) == ["problem kvm-modules"])
        let modules = try #require(found.first { $0.check == "kvm-modules" })
        #expect(modules.code == "kvm-unpatched")
        #expect(modules.seen == ReasonBits.unpatched.words[0].message)
    }

    @Test func aVirtualMachineWithoutVirtualizationIsNoHost() throws {
        let tree = try PreparedTree()
        tree.add(
            "proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: fpu x2apic hypervisor\n")
        tree.add("proc/interrupts", "  24:  0  0  PCI-MSI-0000:00:1f.2  0-edge  ahci\n")
        tree.add("sys/devices/system/cpu/online", "0-1\n")
        let found = findings(tree, kvm: .absent, library: .missing("no such file"))
        #expect(
            found.filter { $0.verdict == .problem }.map(\.check)
                == ["cpu", "kvm-modules", "interrupt-remapping", "library"])
        #expect(!DoctorReport(found).ready)
        #expect(found[0].remedy?.contains("nested virtualization") == true)
    }

    // MARK: What KVM says, and what tells without it

    @Test func eachReasonOfKVMsIsAFindingInItsOwnWords() throws {
        let tree = try Self.ready(.vmx)
        for bit in 1..<KVM_ELI_REASON_COUNT where 1 << bit != KVM_ELI_REASON_NO_RAWIO {
            let reason = ReasonBits(rawValue: 1 << UInt64(bit))
            let problems = findings(tree, kvm: .answered(Self.features, reason))
                .filter { $0.verdict == .problem }
            #expect(problems.map(\.code) == [reason.words[0].code])
            #expect(problems.first?.remedy == reason.words[0].remedy)
        }
    }

    @Test func aReasonThatIsNotKnownIsAProblem() throws {
        let reasons = ReasonBits(rawValue: 1 << 31 | UInt64(KVM_ELI_REASON_NO_X2APIC))
        let found = findings(try Self.ready(.vmx), kvm: .answered(Self.features, reasons))
        #expect(
            found.filter { $0.verdict == .problem }.map(\.code) == ["unknown", "no-x2apic"])
    }

    @Test func modulesWithoutDirectModeAreToldApartFromStockOnes() throws {
        let modules = try finding(
            "kvm-modules", Self.ready(.vmx), kvm: .answered(.query, .notBuilt))
        #expect(modules.code == "direct-not-built")
    }

    @Test func modulesThatDoNotAnswerAreOfAnotherVersion() throws {
        #expect(
            try finding("kvm-modules", Self.ready(.vmx), kvm: .unanswered(EINVAL)).code
                == "kvm-query-failed")
    }

    @Test func withoutPermissionForKVMThatIsSaid() throws {
        let modules = try finding("kvm-modules", Self.ready(.vmx), kvm: .inaccessible(EACCES))
        #expect(modules.verdict == .problem)
        #expect(modules.seen == "/dev/kvm: Permission denied")
    }

    @Test func elictlsOwnLackOfRightsIsNotTheHosts() throws {
        let found = findings(
            try Self.ready(.vmx), kvm: .answered(Self.features, .noRawIO))
        #expect(notOK(found) == ["warning capabilities"])
    }

    @Test(arguments: [KVMFacts.stock, .answered([.query, .direct], .noX2APIC)])
    func x2APICOffIsAProblem(kvm: KVMFacts) throws {
        let tree = try Self.ready(.vmx)
        tree.add("dev/cpu/0/msr", Data(count: 0x1b + 8))
        let x2apic = try finding("x2apic", tree, kvm: kvm)
        #expect(x2apic.verdict == .problem)
        #expect(x2apic.code == "no-x2apic")
    }

    @Test func x2APICThatTheKernelHidesIsOff() throws {
        let tree = try Self.ready(.vmx)
        tree.add("proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx\n")
        #expect(try finding("x2apic", tree, kvm: .stock).verdict == .problem)
    }

    @Test func x2APICThatNobodyTellsIsUnknown() throws {
        let tree = try Self.ready(.vmx)
        tree.remove("dev/cpu/0/msr")
        #expect(try finding("x2apic", tree, kvm: .stock).verdict == .warning)
        #expect(try finding("x2apic", tree).verdict == .ok)
    }

    @Test func aCPUWithoutAFeatureOrWithItOffIsAProblem() throws {
        let tree = try Self.ready(.vmx)
        tree.add("sys/module/kvm_intel/parameters/preemption_timer", "N\n")
        #expect(try finding("cpu-features", tree, kvm: .stock).code == "no-preemption-timer")
        let amd = try Self.ready(.svm)
        amd.add("sys/module/kvm_amd/parameters/npt", "N\n")
        #expect(try finding("cpu-features", amd, kvm: .stock).code == "no-two-dimensional-paging")
    }

    @Test func unsafeInterruptsAreAWarning() throws {
        let found = findings(
            try Self.ready(.vmx), kvm: .answered([.query, .direct, .unsafeInterrupts], []))
        #expect(notOK(found) == ["warning interrupt-remapping"])
    }

    @Test func vfioWithoutRemappingIsAWarning() throws {
        let tree = try Self.ready(.svm)
        tree.add("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y\n")
        #expect(notOK(findings(tree)) == ["warning vfio"])
    }

    @Test func nestedVirtualizationIsAWarning() throws {
        let tree = try Self.ready(.svm)
        tree.add("sys/module/kvm_amd/parameters/nested", "1\n")
        #expect(notOK(findings(tree)) == ["warning nested"])
    }

    // MARK: CPUs

    @Test func irqbalanceIsAWarning() throws {
        let tree = try Self.ready(.vmx)
        tree.add("proc/412/comm", "irqbalance\n")
        let found = findings(tree)
        #expect(notOK(found) == ["warning irqbalance"])
        #expect(
            found.first { $0.check == "irqbalance" }?.remedy?
                .contains("IRQBALANCE_BANNED_CPULIST=2-3") == true)
    }

    @Test func isolationThatLacksIsAWarningWithTheBootOptions() throws {
        let tree = try Self.ready(.vmx)
        tree.add("sys/devices/system/cpu/isolated", "\n")
        tree.add("proc/irq/default_smp_affinity", "f\n")
        tree.addQEMU(
            7, "-accel kvm,eli=on", vcpus: [(11, "CPU 0/KVM", "2"), (12, "CPU 1/KVM", "3")])
        let found = findings(tree)
        #expect(notOK(found) == ["warning isolation", "warning irq-affinity"])
        #expect(
            found.first { $0.check == "isolation" }?.remedy
                == "boot the host with isolcpus=2-3 nohz_full=2-3 irqaffinity=0-1")
    }

    @Test func theHostsTickOnIsolatedCPUsIsAWarning() throws {
        let tree = try Self.ready(.vmx)
        tree.add("sys/devices/system/cpu/nohz_full", " (null)\n")
        #expect(notOK(findings(tree)) == ["warning nohz-full"])
    }

    private func pinning(_ options: String, _ vcpus: [(Int, String, String)]) throws -> [Finding] {
        let tree = try Self.ready(.vmx)
        tree.addQEMU(7, options, vcpus: vcpus)
        return findings(tree).filter { $0.check == "pinning" }
    }

    @Test func pinnedVCPUsAreAsTheyShould() throws {
        #expect(
            try pinning("-name a", [(11, "CPU 0/KVM", "2"), (12, "CPU 1/KVM", "3")])
                == [.ok("pinning", "a, pid 7: vCPUs are pinned to host CPUs 2-3")])
    }

    @Test func anUnpinnedVCPUIsAProblemOnlyWhereELIIsWanted() throws {
        let vcpus = [(11, "CPU 0/KVM", "2"), (12, "CPU 1/KVM", "0-3")]
        let wanted = try pinning("-accel kvm,eli=on", vcpus)
        #expect(wanted.map(\.verdict) == [.problem])
        #expect(wanted[0].seen == "pid 7: vCPU 1 (thread 12) may run on host CPUs 0-3")
        #expect(wanted[0].remedy?.contains("taskset -pc CPU 12") == true)
        #expect(try pinning("-accel kvm", vcpus).map(\.verdict) == [.warning])
    }

    @Test func hostCPU0AndASharedOneAreNoHomes() throws {
        let found = try pinning(
            "-accel kvm,eli=auto",
            [(11, "CPU 0/KVM", "0"), (12, "CPU 1/KVM", "3"), (13, "CPU 2/KVM", "3")])
        #expect(found.map(\.verdict) == [.problem, .problem, .problem])
        #expect(found[0].seen.contains("host CPU 0, which is the host's own"))
        #expect(found[1].seen.contains("shares host CPU 3"))
    }

    /// As is the way of one that nobody pins where all other CPUs are isolated.
    @Test func aVCPUOnHostCPU0IsNoReasonToIsolateIt() throws {
        let tree = try Self.ready(.svm)
        tree.addQEMU(7, "-accel kvm,eli=on", vcpus: [(11, "CPU 0/KVM", "0")])
        #expect(notOK(findings(tree)) == ["problem pinning"])
    }

    @Test func aVMWithoutKVMIsLeftAlone() throws {
        #expect(try pinning("-name a", [(11, "CPU 0/TCG", "0-3")]) == [])
    }

    @Test func aVMWithoutNamesForItsThreadsIsUnknownUnlessItHasNoKVM() throws {
        let tree = try Self.ready(.vmx)
        tree.addQEMU(7, "-name a")
        #expect(notOK(findings(tree)) == ["warning pinning"])
        tree.link("proc/7/fd/3", to: "socket:[1]")
        #expect(notOK(findings(tree)) == [])
        tree.link("proc/7/fd/4", to: "anon_inode:kvm-vm")
        #expect(notOK(findings(tree)) == ["warning pinning"])
    }

    // MARK: Library and memory

    @Test func anOlderLibraryIsAWarningAndAnotherIsAProblem() throws {
        let tree = try Self.ready(.vmx)
        let old = LibraryFacts.loaded(
            path: "l", version: "0", major: UInt32(ELI_ABI_MAJOR), minor: UInt32(ELI_ABI_MINOR) - 1)
        #expect(notOK(findings(tree, library: old)) == ["warning library"])
        #expect(notOK(findings(tree, library: .foreign(path: "l"))) == ["problem library"])
        #expect(notOK(findings(tree, library: .missing("none"))) == ["problem library"])
    }

    @Test func theLimitOfLockedMemoryCountsWithoutTheCapability() throws {
        let tree = try Self.ready(.vmx)
        tree.add("proc/self/status", "CapEff:\t0000000000000000\n")
        tree.add(
            "proc/self/limits",
            "Limit                     Soft Limit           Hard Limit           Units     \n"
                + "Max locked memory         8388608              8388608              bytes     \n")
        #expect(notOK(findings(tree)) == ["warning memlock"])
        tree.add("proc/self/limits", "Max locked memory  unlimited  unlimited  bytes\n")
        #expect(notOK(findings(tree)) == [])
    }

    @Test func programsReadTheSameFindings() throws {
        struct Report: Decodable {
            struct Finding: Decodable {
                let check: String
                let verdict: String
                let code: String?
                let seen: String
                let remedy: String?
            }
            let ready: Bool
            let findings: [Finding]
        }
        let report = DoctorReport(findings(try Self.ready(.vmx), kvm: .stock))
        let read = try JSONDecoder().decode(Report.self, from: Data(try report.json.utf8))
        #expect(!read.ready)
        #expect(read.findings.map(\.check) == report.findings.map(\.check))
        #expect(read.findings.first { $0.verdict == "problem" }?.code == "kvm-unpatched")
    }

    @Test func theFileOfALibraryIsFoundByItsAddress() {
        let maps = """
            7f0000000000-7f0000001000 r-xp 00000000 00:00 0
            7f0000001000-7f0000002000 r-xp 00000000 08:01 5  /opt/my libs/libELI.so.1
            """
        #expect(LibraryFacts.file(mappedAt: 0x7f00_0000_1fff, in: maps) == "/opt/my libs/libELI.so.1")
        #expect(LibraryFacts.file(mappedAt: 0x7f00_0000_2000, in: maps) == nil)
        #expect(LibraryFacts.file(mappedAt: 0x7f00_0000_0fff, in: maps) == nil)
    }
}
