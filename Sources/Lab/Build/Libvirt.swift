import Foundation

/// The patched libvirt: libvirtd with the QEMU driver, and virsh.
///
/// It is there only if its own tests of what the series touches have passed.
struct Libvirt: Sendable {
    /// What a host gets in its root folder.
    let tree: String
    /// As libvirt's tarball has it: "11.3.0".
    let version: String

    /// Debian's packages that it is built with, beside those of the other builds.
    private static let packages = [
        "gettext", "git", "libcap-ng-dev", "libgnutls28-dev", "libjson-c-dev", "libnl-3-dev",
        "libnl-route-3-dev", "libreadline-dev", "libtirpc-dev", "libxml2-dev", "libxml2-utils",
        "meson", "python3-docutils", "rpcsvc-proto", "xsltproc",
    ]
    /// The QEMU driver and what its tests need, in Debian's folders.
    private static let options = [
        "--wrap-mode=nodownload", "-Doptimization=1", "-Ddebug=false",
        "--prefix=/usr", "--libdir=\(libraries.dropFirst("/usr/".count))", "--sysconfdir=/etc",
        "--localstatedir=/var", "-Drunstatedir=/run", "-Dinit_script=none",
        "-Dauto_features=disabled",
        "-Ddriver_qemu=enabled", "-Ddriver_remote=enabled", "-Ddriver_libvirtd=enabled",
        "-Ddriver_test=enabled", "-Djson_c=enabled", "-Dlibnl=enabled", "-Dcapng=enabled",
        "-Dreadline=enabled", "-Dqemu_user=root", "-Dqemu_group=root", "-Dtests=enabled",
        "-Dexpensive_tests=disabled", "-Dgit_werror=disabled",
    ]
    /// Where the tree has its libraries.
    static let libraries = "/usr/lib/x86_64-linux-gnu"

    /// libvirt's own tests that cover what the series touches.
    static let tests = [
        "qemuxmlconftest", "qemuxmlactivetest", "qemucapabilitiestest", "qemucaps2xmltest",
        "qemuhotplugtest", "domaincapstest", "genericxml2xmltest", "virschematest",
    ]

    init(_ lab: Workshop) async throws {
        try await lab.archive.install(Self.packages)
        let tarball = try await lab.archive.sourceTarball("libvirt")
        let series = try await PatchSeries(
            folder: "qemu-patches/libvirt", root: lab.paths.root)
        version = String(tarball.lastPathComponent.dropFirst("libvirt_".count)
            .prefix { $0.isNumber || $0 == "." }).trimmingCharacters(in: ["."])
        let inputs = ["1", tarball.lastPathComponent, series.digest] + Self.options + Self.tests
        tree = try await lab.cache.artifact("libvirt", inputs: inputs) { folder in
            let log = lab.paths.log("libvirt")
            let source = folder + "/source", build = folder + "/build"
            try await lab.unpack(tarball, into: source, log: log)
            try await series.apply(to: source, log: log)
            try await Self.commit(source, log: log)
            var environment = lab.compilerEnvironment
            environment["CC"] = "ccache gcc"
            try await Command(
                "meson", ["setup", build, source] + Self.options, environment: environment,
                isNice: true
            ).run("libvirt: configuring", log: log)
            try await Command(
                "ninja", ["-C", build, "-j\(lab.jobs)"], environment: environment, isNice: true
            ).run("libvirt: compiling", log: log) { line in
                line.hasPrefix("[") ? String(line.prefix { $0 != " " }) : nil
            }
            try await Self.test(build, log: log)
            try await Command(
                "meson", ["install", "-C", build, "--no-rebuild", "--strip", "--quiet"],
                environment: ["DESTDIR": folder + "/tree"]
            ).run("libvirt: installing", log: log)
            try FileManager.default.removeItem(atPath: build)
            try FileManager.default.removeItem(atPath: source)
        } + "/tree"
    }

    /// Makes a git repository of libvirt's own sources: it checks the style of those that git
    /// knows.
    private static func commit(_ source: String, log: String) async throws {
        for arguments in [
            ["init", "-q"], ["add", "-A", "-f", ".", ":(exclude)subprojects/keycodemapdb"],
            ["-c", "user.name=lab", "-c", "user.email=lab@localhost", "commit", "-q", "-m", "lab"],
        ] {
            try await Command("git", arguments, in: source)
                .run("libvirt: git \(arguments[0])", log: log)
        }
    }

    /// Runs libvirt's tests. A loaded machine may need more time than they are given by default.
    private static func test(_ build: String, log: String) async throws {
        let meson = ["test", "-C", build, "--no-rebuild", "--timeout-multiplier", "20",
                     "--print-errorlogs"]
        try await Command("meson", meson + tests, isNice: true)
            .run("libvirt: its tests", log: log)
        try await Command("meson", meson + ["--suite", "syntax-check"], isNice: true)
            .run("libvirt: the style of its sources", log: log)
        Console.shared.say(
            "\(tests.count) of libvirt's test programs and its checks of style passed")
    }
}
