import Foundation
import Testing

@testable import elictl

/// Which VMs run, and where their monitors are.
struct MachinesTests {
    private func line(_ text: String) -> QEMUCommandLine? {
        QEMUCommandLine(text.split(separator: " ").map(String.init))
    }

    @Test(arguments: [
        ("-qmp unix:/run/a.sock,server=on,wait=off", ["/run/a.sock"]),
        ("--qmp unix:/run/a.sock,server,nowait", ["/run/a.sock"]),
        ("-qmp-pretty unix:/run/a,,b.sock,server=on", ["/run/a,b.sock"]),
        ("-chardev socket,id=m,path=/run/a.sock,server=on -mon chardev=m,mode=control", ["/run/a.sock"]),
        ("-mon m,mode=control -chardev socket,id=m,path=/run/a.sock,server=on", ["/run/a.sock"]),
        ("-qmp unix:/a,server=on -qmp unix:/b,server=on", ["/a", "/b"]),
        // QEMU connects, or nobody can.
        ("-qmp unix:/run/a.sock", []), ("-qmp unix:/run/a.sock,server=off", []),
        ("-qmp tcp:localhost:4444,server=on", []), ("-qmp stdio", []), ("-qmp", []),
        // The monitor for people, and one that isn't used as a monitor.
        ("-monitor unix:/run/a.sock,server=on", []),
        ("-chardev socket,id=m,path=/run/a.sock,server=on -mon chardev=m,mode=readline", []),
        ("-chardev socket,id=m,path=/run/a.sock,server=on", []),
    ])
    func socketsAreThoseOfControlMonitorsThatListen(options: String, sockets: [String]) {
        #expect(line("/usr/bin/qemu-system-x86_64 \(options)")?.sockets == sockets)
    }

    @Test func namesMayHaveAKey() {
        #expect(line("qemu-system-x86_64 -name vm1,debug-threads=on")?.name == "vm1")
        #expect(line("qemu-system-x86_64 -name guest=vm1,debug-threads=on")?.name == "vm1")
        #expect(line("qemu-system-x86_64")?.name == "")
    }

    @Test func otherProgramsAreNoVMs() {
        #expect(line("qemu-img create a") == nil)
        #expect(line("vim qemu-system-x86_64") == nil)
        #expect(QEMUCommandLine([]) == nil)
    }

    @Test func libvirtsMonitorIsReachedThroughLibvirt() throws {
        let tree = try PreparedTree()
        tree.addQEMU(
            7,
            "-name guest=vm1,debug-threads=on -object "
                + "secret,id=masterKey0,file=/var/lib/libvirt/qemu/domain-1-vm1/master-key.aes "
                + "-chardev socket,id=charmonitor,fd=27,server=on,wait=off "
                + "-mon chardev=charmonitor,id=monitor,mode=control")
        tree.addQEMU(
            8, "-name guest=vm2 -chardev socket,id=charmonitor,path=/run/user/1/m,server=on "
                + "-mon chardev=charmonitor,mode=control")
        let machines = VirtualMachine.all(on: tree.host)
        #expect(
            machines.map(\.monitors) == [
                [.domain(name: "vm1", uri: "qemu:///system")],
                [.domain(name: "vm2", uri: "qemu:///session")],
            ])
    }

    @Test func pathsAreRelativeToWhereQEMUStarted() throws {
        let tree = try PreparedTree()
        tree.addQEMU(7, "-qmp unix:a.sock,server=on")
        tree.link("proc/7/cwd", to: "/srv/vm")
        #expect(
            VirtualMachine.all(on: tree.host).map(\.monitors) == [[.socket(path: "/srv/vm/a.sock")]])
    }

    @Test func exactlyOneIsUsed() throws {
        let tree = try PreparedTree()
        tree.add("proc/5/cmdline", "bash\0")
        #expect(throws: MonitorError.noMachine) {
            try VirtualMachine.all(on: tree.host).monitorsOfOnly()
        }
        tree.addQEMU(6, "-name a")
        #expect(throws: MonitorError.noSocketOfMachines(["a, pid 6"])) {
            try VirtualMachine.all(on: tree.host).monitorsOfOnly()
        }
        tree.addQEMU(7, "-qmp unix:/a.sock,server=on")
        #expect(
            try VirtualMachine.all(on: tree.host).monitorsOfOnly() == [.socket(path: "/a.sock")])
        tree.addQEMU(8, "-name b -qmp unix:/b.sock,server=on")
        #expect(
            throws: MonitorError.several([
                "--qmp /a.sock  (pid 7)", "--qmp /b.sock  (b, pid 8)",
            ])
        ) {
            try VirtualMachine.all(on: tree.host).monitorsOfOnly()
        }
    }

    @Test func vcpusAreKnownByTheirThreads() throws {
        let tree = try PreparedTree()
        tree.addQEMU(7, "-name a", vcpus: [(12, "CPU 1/KVM", "0-3"), (11, "CPU 0/KVM", "2")])
        tree.addThread(13, of: 7, "IO iothread1", "0-3")
        let vcpus = try #require(VirtualMachine.all(on: tree.host).first).vcpus
        #expect(
            vcpus == [
                VCPUThread(index: 0, thread: 11, accelerator: "KVM", allowed: CPUSet([2])),
                VCPUThread(index: 1, thread: 12, accelerator: "KVM", allowed: CPUSet([0, 1, 2, 3])),
            ])
    }

    @Test(arguments: [("0-3,8", [0, 1, 2, 3, 8]), ("", []), ("5", [5])])
    func listsOfCPUs(list: String, numbers: [Int]) {
        #expect(CPUSet(list: list)?.numbers == Set(numbers))
        #expect(CPUSet(Set(numbers)).list == (list.isEmpty ? "none" : list))
    }

    @Test(arguments: ["3-1", "a", "-1", "1-2-3", "0-99999999999", "(null)", "-"])
    func listsOfOtherThings(list: String) {
        #expect(CPUSet(list: list) == nil)
    }

    @Test func masksOfCPUs() {
        #expect(CPUSet(mask: "3,00000005")?.numbers == [0, 2, 32, 33])
        #expect(CPUSet(mask: "0")?.isEmpty == true)
        #expect(CPUSet(mask: "x") == nil)
    }
}
