import Foundation

/// The packages in a clean Debian, beside Debian's own QEMU: installed by apt, used, removed.
struct PackageChecks: CheckSuite {
    let title = "packages"
    var passed = 0
    let lab: Workshop
    let tree: DebianTree
    let packages: [String]

    /// Which of Debian's kernels the host has.
    private struct Kernels {
        /// That of `linux-source-6.12`: its modules get built.
        let supported: String
        /// Of the same series, older than the source.
        let older: String
        /// Of another series.
        let foreign: String
    }

    private static let names = [
        "libeli1", "libeli-dev", "eli-tools", "kvm-eli-dkms", "qemu-system-x86-eli",
    ]
    /// All files but those that tell what apt and dpkg did and have, and the key that DKMS makes
    /// for itself when it first builds anything; content counts in /etc.
    private static let listing = """
        find / -xdev \\( -path /proc -o -path /dev -o -path /tmp -o -path /run -o -path /var/log \
            -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg \\) -prune \
            -o -path '/var/lib/dkms/mok.*' -prune -o -printf '%p %y %m\\n' | sort
        find /etc -xdev -type f ! -name ld.so.cache -exec md5sum {} + | sort
        """

    /// - Throws: `LabError` for the first check that fails.
    mutating func run() async throws {
        let kernels = try await prepare()
        let before = try await files()
        try await install(kernels)
        try await upgrade(kernels)
        try await checkModules(kernels.supported)
        try await checkQEMU()
        try await checkElictl()
        try await checkHeaders()
        try await remove(kernels)
        let after = try await files()
        let left = after.subtracting(before), gone = before.subtracting(after)
        try expect(left.isEmpty, "removal left \(left.sorted().joined(separator: "\n"))")
        try expect(gone.isEmpty, "removal took away \(gone.sorted().joined(separator: "\n"))")
        try expect(
            await tree.run("Debian's QEMU", "qemu-system-x86_64 --version").contains("Debian"),
            "Debian's QEMU doesn't run any more")
    }

    // MARK: The host

    /// Installs what a host has from Debian.
    private func prepare() async throws -> Kernels {
        try await tree.run("apt-get update", "apt-get update -q")
        let known = try await tree.run(
            "kernels",
            """
            apt-cache pkgnames linux-headers-6.12 | grep -E '[+]deb[0-9]+-amd64$' \
                | sed 's/^linux-headers-//' | sort -V
            """)
        let releases = known.split(separator: "\n").map { String($0) }
        guard releases.count >= 2 else { throw LabError("Debian has only \(releases)") }
        let older = releases[releases.count - 2]
        try await tree.run(
            "installing Debian's packages",
            """
            apt-get install -y -q --no-install-recommends qemu-system-x86 linux-source-6.12 \
                dkms gcc libc6-dev pkg-config linux-headers-\(older)
            """)
        let foreign = try await addForeignHeaders()
        return Kernels(supported: releases[releases.count - 1], older: older, foreign: foreign)
    }

    /// Headers of this machine's release's own kernel, which is of another series.
    private func addForeignHeaders() async throws -> String {
        let archive = lab.archive
        let package = try await archive.newestPackage(
            startingWith: "linux-headers-6.1.0-", matching: "linux-headers-6\\.1\\.0-[0-9]+-amd64")
        let release = String(package.dropFirst("linux-headers-".count))
        let common = package.replacingOccurrences(of: "-amd64", with: "-common")
        let scratch = tree.path("tmp/foreign")
        for name in [package, common] {
            _ = try await Command(
                "dpkg", ["-x", archive.binaryPackage(name), scratch]).output()
        }
        try await tree.run(
            "headers of \(release)",
            """
            cp -a /tmp/foreign/usr/src/. /usr/src
            mkdir -p /lib/modules/\(release)
            ln -s /usr/src/\(package) /lib/modules/\(release)/build
            """)
        return release
    }

    private func files() async throws -> Set<Substring> {
        let text = try await tree.run("listing files", Self.listing)
        return Set(text.split(separator: "\n"))
    }

    /// The command of docs/packages.md that begins with some words.
    private func command(_ words: String) throws -> String {
        let commands = try DocPage.all(in: lab.paths.root).flatMap(\.blocks)
            .filter { $0.kind == .packages }.flatMap(\.commands)
        guard let command = commands.first(where: { $0.hasPrefix(words + " ") }) else {
            throw LabError("no page has '\(words)'")
        }
        return command
    }

    // MARK: Installing

    /// No kernel is the right one yet: the packages install all the same, and say why.
    private mutating func install(_ kernels: Kernels) async throws {
        let folder = tree.path("tmp/packages")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for package in packages {
            try FileManager.default.copyItem(
                atPath: package, toPath: "\(folder)/\(package.lastPathComponent)")
        }
        let text = try await tree.run(
            "installing the packages",
            "cd /tmp/packages\n\(command("apt install")) ./libeli-dev_*.deb")
        try expectRefusal(of: kernels.foreign, "it isn't one of Debian's kernels 6.12-amd64", in: text)
        try expectRefusal(of: kernels.older, "its version is 6.12.", in: text)
        for release in [kernels.foreign, kernels.older] {
            let (succeeded, text) = try await tree.attempt(
                "building for \(release)", "dkms install kvm-eli/\(version()) -k \(release)")
            try expect(!succeeded, "DKMS built for \(release)")
            try expectRefusal(of: release, "linux-", in: text)
        }
    }

    private mutating func expectRefusal(of release: String, _ reason: String, in text: String) throws {
        try expect(
            text.contains("kvm-eli: no modules for kernel \(release): ") && text.contains(reason)
                && text.contains("Supported are Debian's kernels 6.12-amd64"),
            "no refusal of \(release) because '\(reason)' in:\n\(text)")
    }

    /// The kernel of the same version as its source comes. A patch that doesn't apply mustn't keep
    /// it from being installed. When the source comes again, its modules are built.
    private mutating func upgrade(_ kernels: Kernels) async throws {
        let release = kernels.supported
        let series = try await "/usr/src/kvm-eli-\(version())/patches/series"
        let kernel = try await tree.run(
            "installing the kernel",
            """
            cp \(series) /tmp
            echo no-such.patch >> \(series)
            apt-get install -y -q --no-install-recommends linux-image-\(release) \
                linux-headers-\(release)
            cp /tmp/series \(series)
            """)
        try expect(
            kernel.contains("Autoinstall on \(release) was skipped for module(s) kvm-eli"),
            "DKMS didn't leave the modules out:\n\(kernel)")
        try await expectModules(of: release, from: "kernel/arch/x86/kvm")
        let source = try await tree.run(
            "new source", "apt-get install -y -q --reinstall linux-source-6.12")
        try expect(
            source.contains("Autoinstall on \(release) succeeded for module(s) kvm-eli"),
            "DKMS built no modules with the source:\n\(source)")
    }

    private func version() async throws -> String {
        try await tree.run("version", "dpkg-query -W -f '${Version}' kvm-eli-dkms")
            .trimmingCharacters(in: .newlines)
    }

    // MARK: Using

    private mutating func checkModules(_ release: String) async throws {
        try await expectModules(of: release, from: "updates/dkms")
        let crcs = try await tree.run(
            "symbols of modules",
            """
            xz -dc /lib/modules/\(release)/updates/dkms/kvm.ko.xz | grep -q kvm_eli
            depmod -n -e -E /usr/src/linux-headers-\(release)/Module.symvers \(release) >/dev/null
            """)
        try expect(
            !crcs.contains("disagrees about version"), "the kernel's modules don't fit:\n\(crcs)")
    }

    /// Which modules the kernel would load.
    private mutating func expectModules(of release: String, from folder: String) async throws {
        for name in KVMModules.names {
            let text = try await tree.run("modinfo", "modinfo -k \(release) -n \(name)")
            try expect(
                text.contains("/lib/modules/\(release)/\(folder)/\(name).ko"),
                "\(name) of \(release) isn't in \(folder): \(text)")
        }
    }

    private mutating func checkQEMU() async throws {
        let text = try await tree.run(
            "QEMU",
            """
            qemu-system-x86_64 --version
            qemu-system-x86_64-eli --version
            qemu-system-x86_64-eli -accel help
            qemu-system-x86_64-eli -device eli-iommu,help
            qemu-system-x86_64-eli -machine none -accel tcg -nodefaults -display none -qmp stdio <<'END'
            {"execute": "qmp_capabilities"}
            {"execute": "qom-list-properties", "arguments": {"typename": "kvm-accel"}}
            {"execute": "quit"}
            END
            """)
        for part in [
            "Debian", "kvm\n", "sidecore=<bool>", "teardown=", "\"name\": \"eli\"",
            "\"name\": \"eli-lib\"", "\"name\": \"eli-max-latency-us\"",
        ] {
            try expect(text.contains(part), "no '\(part)' of QEMU in:\n\(text)")
        }
        // Firmware and key maps are in Debian's packages; nothing runs.
        let machine = try await tree.run(
            "QEMU's firmware",
            """
            echo quit | qemu-system-x86_64-eli -machine q35,kernel-irqchip=split -accel tcg -S \
                -device eli-iommu -vga std -device e1000e -device qemu-xhci -vnc none -k de \
                -monitor stdio
            """)
        try expect(!machine.contains("could not"), "QEMU misses files: \(machine)")
        let removal = try await tree.run(
            "removal of Debian's QEMU", "apt-get -s remove qemu-system-x86")
        try expect(
            removal.contains("Remv qemu-system-x86 ")
                && !Self.names.contains { removal.contains("Remv \($0) ") },
            "removal of Debian's QEMU removes ours:\n\(removal)")
    }

    private mutating func checkElictl() async throws {
        let linked = try await tree.run(
            "libraries of elictl",
            "ldd /usr/bin/elictl /usr/lib/x86_64-linux-gnu/libELI.so.1")
        try expect(
            !linked.contains("not found") && !linked.contains("libswift")
                && !linked.contains("libFoundation"), "elictl lacks libraries:\n\(linked)")
        // No kvm modules are loaded there, so the doctor has complaints.
        let (_, doctor) = try await tree.attempt("elictl doctor", "elictl doctor")
        let library = doctor.split(separator: "\n").first { $0.contains(" library ") }
        try expect(library?.hasPrefix("ok") == true, "elictl finds no library:\n\(doctor)")
        let status = try await tree.run(
            "elictl status",
            """
            qemu-system-x86_64-eli -machine q35 -accel tcg -S -nodefaults -display none \
                -qmp unix:/tmp/vm.qmp,server=on,wait=off -daemonize -pidfile /tmp/vm.pid
            elictl status --qmp /tmp/vm.qmp
            kill "$(cat /tmp/vm.pid)"
            """)
        try expect(
            status.contains("accelerator") && !status.contains("library"),
            "elictl's status of a VM on TCG is:\n\(status)")
    }

    private mutating func checkHeaders() async throws {
        try FileManager.default.copyItem(
            atPath: lab.paths.root + "/Tests/Lab/packages/version.c",
            toPath: tree.path("tmp/version.c"))
        let text = try await tree.run(
            "a program in C",
            """
            cd /tmp
            gcc -Wall -Werror -o version version.c $(pkg-config --cflags --libs eli)
            ./version
            """)
        try expect(
            try await text.contains("libELI \(version())"), "the program prints:\n\(text)")
    }

    // MARK: Removing

    private mutating func remove(_ kernels: Kernels) async throws {
        try await tree.run(
            "removing the packages",
            command("apt purge"))
        try await expectModules(of: kernels.supported, from: "kernel/arch/x86/kvm")
        let left = try await tree.run(
            "what is left", "find /lib/modules/\(kernels.supported) -path '*dkms*'")
        try expect(left.isEmpty, "DKMS left \(left)")
        try await tree.run(
            "removing the kernel",
            """
            apt-get purge -y -q --autoremove linux-image-\(kernels.supported) \
                linux-headers-\(kernels.supported)
            """)
    }
}
