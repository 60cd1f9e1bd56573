/// The Intel host with both sets of kvm modules, for tests that use /dev/kvm themselves.
struct KVMBench: Sendable {
    private let lab: Workshop
    let kernel: KernelPackage
    private let image: HostImage
    private let bochs: String

    /// Builds what is missing.
    ///
    /// - Parameter selftests: whether the host is to have Linux's own tests of KVM.
    init(_ lab: Workshop, selftests: Bool = false) async throws {
        self.lab = lab
        kernel = try await KernelPackage(lab)
        let kvm = try await KVMModules(lab, kernel: kernel)
        image = try await HostImage(
            forKVMTests: lab, kernel: kernel, kvm: kvm,
            selftests: selftests ? KVMSelftests(lab, kernel: kernel) : nil)
        bochs = try await Bochs.build(lab)
        lab.cache.prune()
    }

    /// Boots the host, with no kvm modules loaded, and has `body` drive it.
    func boot<Result: Sendable>(
        cpus: Int, limit: Duration,
        _ body: @escaping @Sendable (HostSession) async throws -> Result
    ) async throws -> Result {
        try await IntelHost(bochs: bochs, cpus: cpus)
            .boot(image: image, lab: lab, limit: limit, purpose: "kvm-tests", body: body)
    }
}
