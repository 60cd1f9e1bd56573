/// What happens next.
enum Event: UInt8, CaseIterable {
    case start
    // Devices and other CPUs.
    case raiseDevice, raiseOther, raiseFast, raiseDisk, raiseTimer
    case injectDeviceFromElsewhere, injectFastFromElsewhere
    // Time and the CPU.
    case tick, quantumEnds, deliver, deliverMeetsEPTViolation, nmiArrives, externalInterruptExit
    case interruptWindowExit
    // The guest.
    case cli, sti, eoi, lowerTPR, raiseTPR, raiseTPRHigh, lidt, sidt, softwareInterrupt, hlt
    case remapIDT, unmapIDT, restoreIDT, tripleFault, cpuid, fastpathExit
    // The host.
    case hostTakesInterrupt, enterGuest, leaveRunLoop, enterRunLoop, toggle, takeDeviceAway
    case deviceIsAway, giveDeviceBack, move, planAgain, gatesWithheld, gatesSettled
}
