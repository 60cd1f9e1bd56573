import Interrupts

/// A shadow IDT; C knows it as `eli_shadow *`. The caller keeps calls apart.
final class Shadow: Handle {
    var idt: ShadowIDT
    let table: UInt32

    init(_ idt: ShadowIDT, table: UInt32) {
        self.idt = idt
        self.table = table
    }
}
