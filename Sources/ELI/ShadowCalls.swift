import CELI
import Interrupts

extension eli_shadow_request: SizedStruct {
    static var minimumSize: Int { MemoryLayout<eli_shadow_request>.size }
}

/// The calls of `eli_plugin_ops` on shadows. See `eli.h`.
enum ShadowCalls {
    static func create(
        _ context: OpaquePointer?, _ request: UnsafePointer<eli_shadow_request>?,
        _ plan: OpaquePointer?, _ shadow: UnsafeMutablePointer<OpaquePointer?>?,
        _ message: MessageBuffer
    ) -> Int32 {
        guard context != nil, let plan, let shadow else {
            message.write("no context, no plan, or no place to store the shadow")
            return -EINVAL
        }
        guard let request = eli_shadow_request.copy(from: request) else {
            message.write("no eli_shadow_request, or one that is too small")
            return -EINVAL
        }
        guard request.flags == 0, let limit = UInt16(exactly: request.idt_limit) else {
            message.write("eli_shadow_request has unknown flags or a limit above 0xffff")
            return -EINVAL
        }
        guard let decision = Plan.from(plan).plan.table(request.table) else {
            message.write("the plan has no table of this number")
            return -ENOENT
        }
        do throws(ShadowRefusal) {
            let idt = try ShadowIDT(
                idtr: IDTR(base: request.idt_base, limit: limit),
                guestPages: request.guest, shadowPages: request.shadow, layout: decision.layout)
            shadow.pointee = Shadow(idt, table: request.table).retainedPointer()
            return 0
        } catch {
            message.write(error.message)
            return -EINVAL
        }
    }

    static func write(
        _ shadow: OpaquePointer?, _ page: UInt32, _ offset: UInt32, _ count: UInt32
    ) -> Int32 {
        guard let shadow else { return -EINVAL }
        let object = Shadow.from(shadow)
        guard page < UInt32(object.idt.pageCount), offset < 4096, count > 0 else { return -EINVAL }
        let update = object.idt.guestWrote(page: Int(page), offset: Int(offset), count: Int(count))
        return update == .withheld ? Int32(ELI_SHADOW_WITHHELD) : 0
    }

    static func apply(
        _ shadow: OpaquePointer?, _ plan: OpaquePointer?, _ message: MessageBuffer
    ) -> Int32 {
        guard let shadow, let plan else {
            message.write("no shadow, or no plan")
            return -EINVAL
        }
        let object = Shadow.from(shadow)
        guard let decision = Plan.from(plan).plan.table(object.table) else {
            message.write("the plan has no table of this number")
            return -ENOENT
        }
        do throws(ShadowRefusal) {
            let update = try object.idt.apply(decision.layout)
            return update == .withheld ? Int32(ELI_SHADOW_WITHHELD) : 0
        } catch {
            message.write(error.message)
            return -EINVAL
        }
    }

    static func settle(_ shadow: OpaquePointer?) {
        guard let shadow else { return }
        Shadow.from(shadow).idt.settle()
    }
}
