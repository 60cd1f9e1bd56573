/// Which vCPU a message goes to (SDM vol. 3, 10.11.1 and 10.12.10), all APICs in x2APIC mode.
enum Destination {
    case one(Int)
    case none
    case several

    init(_ address: MSIAddress, vcpus: [VirtualCPU]) {
        let destination = address.destination
        let logical = address[.destinationMode]
        if destination == 0xff && !logical {  // the 8-bit broadcast
            self = .several
            return
        }
        var found: Int?
        for index in vcpus.indices {
            let id = vcpus[index].apicID
            let matches: Bool
            if logical {
                let own = X2APIC.logicalID(ofAPIC: id)
                matches = own >> 16 == destination >> 16 && own & destination & 0xffff != 0
            } else {
                matches = id == destination
            }
            guard matches else { continue }
            if found != nil {
                self = .several
                return
            }
            found = index
        }
        if let found { self = .one(found) } else { self = .none }
    }
}
