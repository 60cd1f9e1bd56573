import Foundation

/// Why a VM's monitor doesn't do what it is asked to.
enum MonitorError: Error, Equatable {
    case noSocket(path: String)
    case noPermission(path: String)
    case notASocket(path: String)
    case pathTooLong(path: String)
    case refused(path: String)
    /// QEMU serves one client of a monitor at a time.
    case busy(path: String)
    case system(path: String, call: String, error: Int32)
    /// - Parameter text: what it sent instead.
    case notQMP(name: String, text: String)
    case silent(name: String, seconds: Double)
    case timeout(name: String, command: String, seconds: Double)
    case ended(name: String)
    case malformed(name: String, detail: String)
    /// QEMU's own words.
    case command(String, class: String, description: String)
    /// The QEMU has no command for ELI.
    case withoutELI(name: String)
    case notKVM(name: String)
    case noVirsh
    case virsh(message: String)
    case noMachine
    /// - Parameter machines: what runs.
    case noSocketOfMachines([String])
    /// - Parameter choices: an option for each, and what it is.
    case several([String])
}

extension MonitorError: Explained {
    var message: String {
        switch self {
        case .noSocket(let path): "there is no socket \(path)"
        case .noPermission(let path): "no permission for the socket \(path)"
        case .notASocket(let path): "\(path) is not a socket"
        case .pathTooLong(let path): "the path of a socket has at most 107 bytes: \(path)"
        case .refused(let path): "nobody listens on the socket \(path)"
        case .busy(let path): "the monitor \(path) has another client"
        case .system(let path, let call, let error):
            "\(path): \(call): \(String(cString: strerror(error)))"
        case .notQMP(let name, let text): "\(name) doesn't speak QMP, it says '\(text)'"
        case .silent(let name, let seconds):
            "\(name) sends no QMP greeting within \(seconds.shortest) s"
        case .timeout(let name, let command, let seconds):
            "\(name) doesn't answer \(command) within \(seconds.shortest) s"
        case .ended(let name): "\(name) has closed the connection: the VM has ended"
        case .malformed(let name, let detail): "\(name) sends what is not QMP: \(detail)"
        case .command(_, _, let description): description
        case .withoutELI(let name): "the QEMU of \(name) has no ELI"
        case .notKVM(let name): "the VM of \(name) does not run on KVM, which counts what is shown here"
        case .noVirsh: "there is no program virsh"
        case .virsh(let message): message
        case .noMachine: "no QEMU runs here"
        case .noSocketOfMachines(let machines):
            "no QEMU that runs here has a QMP socket of its own:\n"
                + machines.map { "  \($0)" }.joined(separator: "\n")
        case .several(let choices):
            "several VMs run here:\n" + choices.map { "  \($0)" }.joined(separator: "\n")
        }
    }

    var remedy: String? {
        switch self {
        case .noSocket: "start QEMU with -qmp unix:PATH,server=on,wait=off, and name that PATH"
        case .noPermission: "run elictl as root or as the user that runs the QEMU"
        case .notASocket, .pathTooLong: "name the socket of QEMU's option -qmp unix:PATH"
        case .refused: "its QEMU has ended; name the socket of one that runs"
        case .busy, .silent:
            "a monitor serves one client at a time: end the other one, use a second -qmp socket, "
                + "or if it is libvirt's use --domain NAME"
        case .system: nil
        case .notQMP: "name the socket of QEMU's option -qmp, not that of -monitor or -serial"
        case .timeout: "see whether the host is overloaded or the QEMU hangs; --timeout waits longer"
        case .ended: nil
        case .malformed: "name the socket of QEMU's option -qmp"
        case .command: nil
        case .withoutELI:
            "start the VM with a QEMU that has the ELI patches (package qemu-system-x86-eli)"
        case .notKVM: "start QEMU with -accel kvm"
        case .noVirsh: "install libvirt-clients, or name a QMP socket with --qmp PATH"
        case .virsh: "see 'virsh list' for the domains that run, and --connect for another libvirt"
        case .noMachine: "start a VM, or name its QMP socket with --qmp PATH"
        case .noSocketOfMachines:
            "start it with -qmp unix:PATH,server=on,wait=off, or name a socket with --qmp PATH"
        case .several: "name one of them"
        }
    }
}
