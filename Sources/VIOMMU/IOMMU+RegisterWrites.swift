import Interrupts

extension IOMMU {
    /// The guest writes registers. The caller then asks for effects.
    ///
    /// Aligned accesses of 4 bytes have effect, and such of 8 bytes, which are two of 4, the lower
    /// first. The specification allows no others; they are ignored.
    ///
    /// - Parameters:
    ///   - value: little-endian.
    ///   - offset: in the register page, in bytes.
    ///   - size: number of bytes.
    public mutating func write(_ value: UInt64, at offset: UInt64, size: Int) {
        guard size == 4 || size == 8, offset & 3 == 0, offset < RegisterOffset.pageSize else {
            return
        }
        writeWord(UInt32(truncatingIfNeeded: value), at: offset)
        if size == 8 { writeWord(UInt32(truncatingIfNeeded: value &>> 32), at: offset &+ 4) }
    }

    /// Writes a register of 4 bytes, or half of one of 8 bytes. Reserved and read-only bits stay
    /// as they are.
    private mutating func writeWord(_ value: UInt32, at offset: UInt64) {
        switch offset & ~7 {
        case RegisterOffset.rootTableAddress:
            Self.set(&rootTableAddress.rawValue, offset, value, RootTableAddressRegister.writable)
        case RegisterOffset.contextCommand:
            writeContextCommand(value, at: offset)
        case RegisterOffset.invalidationQueueTail:
            Self.set(&queue.tail.rawValue, offset, value, InvalidationQueueOffsetRegister.writable)
        case RegisterOffset.invalidationQueueAddress:
            // The specification forbids it while the queue is enabled.
            guard !queue.isEnabled else { return }
            Self.set(
                &queue.address.rawValue, offset, value, InvalidationQueueAddressRegister.writable)
        case RegisterOffset.interruptRemappingTableAddress:
            writeInterruptTableAddress(value, at: offset)
        case RegisterOffset.invalidateAddress:
            Self.set(&invalidateAddress.rawValue, offset, value, InvalidateAddressRegister.writable)
        case RegisterOffset.iotlbInvalidate:
            writeIOTLBInvalidate(value, at: offset)
        default:
            writeSmallRegister(value, at: offset)
        }
    }

    private mutating func writeSmallRegister(_ value: UInt32, at offset: UInt64) {
        switch offset {
        case RegisterOffset.globalCommand:
            execute(GlobalCommandRegister(rawValue: value))
        case RegisterOffset.faultStatus:
            writeFaultStatus(FaultStatusRegister(rawValue: value))
        case RegisterOffset.faultEventControl...RegisterOffset.faultEventUpperAddress:
            faultEvent.write(
                value, at: offset &- RegisterOffset.faultEventControl,
                extended: configuration.extendedInterruptMode)
        case RegisterOffset.invalidationCompletionStatus:
            writeCompletionStatus(InvalidationCompletionStatusRegister(rawValue: value))
        case RegisterOffset.invalidationEventControl...RegisterOffset.invalidationEventUpperAddress:
            completionEvent.write(
                value, at: offset &- RegisterOffset.invalidationEventControl,
                extended: configuration.extendedInterruptMode)
        default:
            writeFaultRecording(value, at: offset)
        }
    }

    /// Replaces the writable bits of half a register.
    private static func set(
        _ register: inout UInt64, _ offset: UInt64, _ value: UInt32, _ writable: UInt64
    ) {
        let shift = (offset & 4) &* 8
        let mask = writable & 0xffff_ffff &<< shift
        register = register & ~mask | UInt64(value) &<< shift & mask
    }

    /// ICC starts the command. Until it is clear again, software is not to write.
    private mutating func writeContextCommand(_ value: UInt32, at offset: UInt64) {
        guard !contextCommand[.icc] else { return }
        Self.set(&contextCommand.rawValue, offset, value, ContextCommandRegister.writable)
    }

    /// IVT starts the command. Until it is clear again, software is not to write.
    private mutating func writeIOTLBInvalidate(_ value: UInt32, at offset: UInt64) {
        guard !iotlbInvalidate[.ivt] else { return }
        Self.set(&iotlbInvalidate.rawValue, offset, value, IOTLBInvalidateRegister.writable)
    }

    private mutating func writeInterruptTableAddress(_ value: UInt32, at offset: UInt64) {
        Self.set(&interruptTableAddress.rawValue, offset, value, writableInterruptTableAddress)
    }

    /// Bits of IRTA_REG that software can write.
    var writableInterruptTableAddress: UInt64 {
        guard configuration.interruptRemapping else { return 0 }
        var bits = InterruptRemappingTableAddressRegister(
            rawValue: InterruptRemappingTableAddressRegister.writable)
        bits[.eime] = configuration.extendedInterruptMode
        return bits.rawValue
    }

    private mutating func writeFaultStatus(_ value: FaultStatusRegister) {
        if value[.pfo] { faults.hasOverflowed = false }
        if value[.iqe] { queue.clearError() }
        if !faultStatus.isPending { faultEvent.withdraw() }
    }

    private mutating func writeCompletionStatus(_ value: InvalidationCompletionStatusRegister) {
        guard value[.iwc] else { return }
        completionStatus[.iwc] = false
        completionEvent.withdraw()
    }

    /// F is in the last of a fault recording register's four words, and all that can be written.
    private mutating func writeFaultRecording(_ value: UInt32, at offset: UInt64) {
        guard offset & 12 == 12, let index = Self.faultRecordingIndex(offset) else { return }
        guard value & 1 &<< 31 != 0 else { return }
        faults.clear(index)
        if !faultStatus.isPending { faultEvent.withdraw() }
    }
}
