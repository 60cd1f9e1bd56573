import Foundation

/// A floppy disk that boots an image which Bochs itself has put in memory: its BIOS would take longer
/// to read one than to boot it.
struct BootFloppy {
    /// For bochsrc.
    let configuration: String

    /// Where what lies, in bytes.
    private static let commandLine = 0x9000, initramfs = 0x1000_0000
    private static let sector = "0x7c00"
    private static let size = 1_474_560

    /// - Parameters:
    ///   - arguments: of the kernel's command line.
    ///   - folder: for its files.
    init(image: HostImage, arguments: String, in folder: String) async throws {
        let kernel = try UnpackedKernel(image.kernel)
        let paths = (
            kernel: folder + "/kernel", line: folder + "/command-line", floppy: folder + "/floppy")
        try kernel.raw.write(to: URL(fileURLWithPath: paths.kernel))
        try Data((image.kernelArguments(arguments) + "\0").utf8)
            .write(to: URL(fileURLWithPath: paths.line))
        guard let size = try FileManager.default.attributesOfItem(
            atPath: image.initramfs)[.size] as? Int
        else { throw LabError("the size of \(image.initramfs) is unknown") }
        try await Self.assemble(
            image.bootSector,
            ["ENTRY=\(kernel.entry)", "INITRD=\(Self.initramfs)",
             "INITRD_SIZE=\(size)", "COMMAND_LINE=\(Self.commandLine)"],
            to: paths.floppy, log: image.log)
        let floppy = try FileHandle(forUpdating: URL(fileURLWithPath: paths.floppy))
        try floppy.truncate(atOffset: UInt64(Self.size))
        try floppy.close()
        configuration = """
            boot: floppy
            floppya: 1_44=\(paths.floppy), status=inserted
            optramimage1: file=\(paths.kernel), address=\(kernel.address)
            optramimage2: file=\(image.initramfs), address=\(Self.initramfs)
            optramimage3: file=\(paths.line), address=\(Self.commandLine)
            """
    }

    private static func assemble(
        _ source: String, _ values: [String], to path: String, log: String
    ) async throws {
        try await Command("gcc", ["-c", "-o", path + ".o", source] + values.map { "-D\($0)" })
            .run("assembling the boot sector", log: log)
        try await Command(
            "ld", ["--oformat", "binary", "-Ttext", sector, "-o", path, path + ".o"]
        ).run("linking the boot sector", log: log)
    }
}
