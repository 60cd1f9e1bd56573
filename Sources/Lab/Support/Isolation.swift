import Foundation

/// Makes sure that nothing the lab starts can outlive it, however it ends.
enum Isolation {
    /// Returns where `Tests/Lab/contain` has put this process into a PID namespace of its own;
    /// elsewhere runs the lab again through it.
    static func enter() {
        if ProcessInfo.processInfo.environment["ELI_CONTAINED"] != nil { return }
        let executable = (try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let arguments = ["Tests/Lab/contain", executable] + CommandLine.arguments.dropFirst()
        execv(arguments[0], arguments.map { strdup($0) } + [nil])
        let reason = String(cString: strerror(errno))
        FileHandle.standardError.write(Data(
            "lab: can't run \(arguments[0]): \(reason); run the lab in the root of the sources\n".utf8))
        exit(1)
    }
}
