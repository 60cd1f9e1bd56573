import Tables

/// Where each interrupt of a guest's is.
enum RouteTable {
    static func text(_ info: ELIInfo) -> String {
        let heading = [
            "device", "placement", "state", "vCPU", "guest vector", "host vector", "irq",
        ]
        let routes = info.routes.map { route in
            [
                route.name, route.placement, route.state, route.cpuIndex.text,
                vector(route.guestVector), route.hostVector.map(vector) ?? "-", route.hostIrq.text,
            ]
        }
        let pins = info.pins.map { [$0.name, "injected", "-", "-", "-", "-", "-"] }
        return TextTable.text(names: 3, [heading] + routes + pins)
    }

    private static func vector(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "0x" + (digits.count < 2 ? "0" : "") + digits
    }
}
