import Foundation

/// The domain of libvirt's page, made into one that runs in an emulated host.
struct LibvirtDomain: Sendable {
    private let xml: String

    /// libvirt's ID of the page's assigned device.
    static let device = "hostdev0"
    /// QEMU in an emulated host.
    static let emulator = "/bin/qemu-system-x86_64"

    /// What another host and its guest have: a device, a latency, what it boots, devices that
    /// libvirt adds and this QEMU hasn't. With it go the lines that the lab talks to the guest over.
    private static let boot = """
        <kernel>\(GuestSession.kernel)</kernel><initrd>\(GuestSession.initramfs)</initrd>
        <cmdline>\(GuestSession.kernelArguments) mitigations=off</cmdline></os>
        """
    private static let lines = """
        <controller type='usb' model='none'/><memballoon model='none'/>
        <serial type='unix'><source mode='bind' path='\(GuestSession.serial)'/></serial>
        <serial type='file'><source path='\(GuestSession.console)'/></serial></devices>
        """

    /// - Throws: `LabError` if the page hasn't one such domain, or it lacks what gets replaced.
    init(_ page: DocPage) throws {
        let blocks = page.blocks.filter { $0.kind == .domain }
        guard blocks.count == 1 else {
            throw LabError("\(page.path) has \(blocks.count) blocks of \(DocBlock.Kind.domain.rawValue)")
        }
        xml = blocks[0].text
        for part in ["<emulator>", "maxLatency='", "<hostdev ", "</os>", "</devices>"]
        where !xml.contains(part) {
            throw LabError("\(blocks[0].place): the domain has no \(part)")
        }
    }

    /// - Parameters:
    ///   - device: a PCI address there; nil leaves the domain without one.
    ///   - maxLatency: in microseconds; nil: the host's.
    func text(on host: any LabHost, device: String? = nil, maxLatency: Int? = nil) -> String {
        let domain = xml
            .replacing(/<emulator>[^<]*</, with: "<emulator>\(Self.emulator)<")
            .replacing(
                /maxLatency='\d+'/, with: "maxLatency='\(maxLatency ?? host.maxLatency)'")
            .replacing("</os>", with: Self.boot)
            .replacing("</devices>", with: Self.lines)
        guard let device else {
            return domain.replacing(/<hostdev[\s\S]*<\/hostdev>/, with: "")
        }
        // "0000:00:01.0"
        let parts = device.split { ":.".contains($0) }.map { "0x\($0)" }
        let names = ["domain", "bus", "slot", "function"]
        let address = zip(names, parts).map { "\($0)='\($1)'" }.joined(separator: " ")
        return domain.replacing(/<address domain=[^>]*>/, with: "<address \(address)/>")
    }
}
