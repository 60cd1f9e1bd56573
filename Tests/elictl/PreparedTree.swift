import Foundation

@testable import elictl

/// Files of a host's in a folder of its own, which goes with it.
final class PreparedTree {
    private let root = NSTemporaryDirectory() + "elictl-\(UUID().uuidString)/"

    init() throws {
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: root)
    }

    var host: HostTree { HostTree(root: root) }

    func add(_ path: String, _ text: String) {
        add(path, Data(text.utf8))
    }

    func add(_ path: String, _ data: Data) {
        makeFolder(of: path)
        precondition(FileManager.default.createFile(atPath: root + path, contents: data))
    }

    func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: root + path)
    }

    func link(_ path: String, to target: String) {
        makeFolder(of: path)
        precondition(symlink(target, root + path) == 0)
    }

    /// - Parameter vcpus: thread, name and the CPUs that it may run on.
    func addQEMU(_ process: Int, _ options: String, vcpus: [(Int, String, String)] = []) {
        let words = ["/usr/bin/qemu-system-x86_64"] + options.split(separator: " ").map(String.init)
        add("proc/\(process)/cmdline", words.joined(separator: "\0") + "\0")
        add("proc/\(process)/comm", "qemu-system-x86\n")
        for (thread, name, cpus) in vcpus { addThread(thread, of: process, name, cpus) }
    }

    func addThread(_ thread: Int, of process: Int, _ name: String, _ cpus: String) {
        add("proc/\(process)/task/\(thread)/comm", name + "\n")
        add(
            "proc/\(process)/task/\(thread)/status",
            "Name:\t\(name)\nCpus_allowed:\tff\nCpus_allowed_list:\t\(cpus)\n")
    }

    private func makeFolder(of path: String) {
        let folder = (root + path as NSString).deletingLastPathComponent
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }
}
