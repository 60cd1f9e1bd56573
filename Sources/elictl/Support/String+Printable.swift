extension String {
    /// Without what a terminal would obey: a VM, its devices and its QEMU choose what is shown.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control where scalar != "\n", .format, .lineSeparator, .paragraphSeparator:
                        "\u{fffd}"
                    default: scalar
                    }
                }))
    }
}
