/// Where the monitor of a VM is.
enum MonitorAddress: Equatable, Sendable {
    case socket(path: String)
    /// - Parameter uri: nil for virsh's default.
    case domain(name: String, uri: String?)

    /// The options that name it.
    var options: String {
        switch self {
        case .socket(let path): "--qmp \(path)"
        case .domain(let name, let uri):
            "--domain \(name)" + (uri.map { " --connect \($0)" } ?? "")
        }
    }
}
