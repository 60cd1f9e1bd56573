import Interrupts

extension IOMMU {
    /// The guest reads registers. That has no side effects.
    ///
    /// The specification allows aligned accesses of 4 and 8 bytes. Others return the bytes that
    /// are there.
    ///
    /// - Parameters:
    ///   - offset: in the register page, in bytes.
    ///   - size: number of bytes, 1...8.
    /// - Returns: the value, little-endian; zero where there is no register.
    public func read(at offset: UInt64, size: Int) -> UInt64 {
        RegisterBytes.read(at: offset, size: size) { word(at: $0) }
    }

    /// A register of 4 bytes, or half of one of 8 bytes. GCMD_REG and IVA_REG are write-only.
    private func word(at offset: UInt64) -> UInt32 {
        switch offset & ~7 {
        case RegisterOffset.capability:
            return half(offset, configuration.capability.rawValue)
        case RegisterOffset.extendedCapability:
            return half(offset, configuration.extendedCapability.rawValue)
        case RegisterOffset.rootTableAddress:
            return half(offset, rootTableAddress.rawValue)
        case RegisterOffset.contextCommand:
            return half(offset, contextCommand.rawValue & ContextCommandRegister.readable)
        case RegisterOffset.invalidationQueueHead:
            return half(offset, InvalidationQueueOffsetRegister(index: queue.head).rawValue)
        case RegisterOffset.invalidationQueueTail:
            return half(offset, queue.tail.rawValue)
        case RegisterOffset.invalidationQueueAddress:
            return half(offset, queue.address.rawValue)
        case RegisterOffset.invalidationQueueError:
            return half(offset, queue.errorInfo.rawValue)
        case RegisterOffset.interruptRemappingTableAddress:
            return half(offset, interruptTableAddress.rawValue)
        case RegisterOffset.iotlbInvalidate:
            return half(offset, iotlbInvalidate.rawValue)
        default:
            return smallRegister(at: offset)
        }
    }

    private func smallRegister(at offset: UInt64) -> UInt32 {
        switch offset {
        case RegisterOffset.version: return Self.version.rawValue
        case RegisterOffset.globalStatus: return reportedStatus.rawValue
        case RegisterOffset.faultStatus: return faultStatus.rawValue
        case RegisterOffset.faultEventControl...RegisterOffset.faultEventUpperAddress:
            return faultEvent.word(at: offset &- RegisterOffset.faultEventControl)
        case RegisterOffset.invalidationCompletionStatus: return completionStatus.rawValue
        case RegisterOffset.invalidationEventControl...RegisterOffset.invalidationEventUpperAddress:
            return completionEvent.word(at: offset &- RegisterOffset.invalidationEventControl)
        default: return faultRecording(at: offset)
        }
    }

    /// Architecture version 1.0, that of legacy mode.
    private static var version: VersionRegister {
        var register = VersionRegister(rawValue: 0)
        register[.max] = 1
        return register
    }

    private func half(_ offset: UInt64, _ value: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: value &>> ((offset & 4) &* 8))
    }

    private func faultRecording(at offset: UInt64) -> UInt32 {
        guard let index = Self.faultRecordingIndex(offset) else { return 0 }
        let shift = UInt128(truncatingIfNeeded: (offset & 12) &* 8)
        return UInt32(truncatingIfNeeded: faults[index].rawValue &>> shift)
    }

    /// Number of the fault recording register at an offset, or nil if it comes before them. There
    /// may be fewer.
    static func faultRecordingIndex(_ offset: UInt64) -> Int? {
        guard offset >= RegisterOffset.faultRecording else { return nil }
        return Int(
            truncatingIfNeeded: (offset &- RegisterOffset.faultRecording)
                / FaultRecordingRegister.size)
    }
}
