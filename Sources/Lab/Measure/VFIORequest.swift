/// Requests to VFIO's container, by ioctl (linux/vfio.h).
enum VFIORequest: Int, Sendable {
    case map = 0x3b71
    case unmap = 0x3b72
}
