import Testing

@testable import Lab

struct InterruptTableTests {
    private let table = InterruptTable(
        """
                   CPU0       CPU1
          4:        123          0   IO-APIC   4-edge      ttyS0
         24:          7      10020   PCI-MSIX-0000:00:03.0   1-edge      vfio-msix[1](0000:00:03.0)
         25:          1          2   PCI-MSIX-0000:00:03.0   0-edge      vfio-msix[0](0000:00:03.0)
        LOC:       5000       6000   Local timer interrupts
        ERR:          3
        """)

    @Test func handlersAreFoundByNameAndAddedUp() {
        #expect(table.total(describedBy: "vfio-msix") == 7 + 10020 + 1 + 2)
        #expect(table.total(describedBy: "vfio-msix[1]") == 10027)
        #expect(table.total(describedBy: "nothing") == 0)
    }

    @Test func numbersInADescriptionAreNotCounts() {
        let table = InterruptTable("   CPU0\n  0:   44   2 IO-APIC timer\n")
        #expect(table.rows.first?.counts == [44])
        #expect(table.rows.first?.description == "2 IO-APIC timer")
    }
}
