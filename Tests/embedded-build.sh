#!/bin/sh
# Builds the plugin from the same sources in Embedded Swift, prints its size and runs the tests of
# the C interface against it: embedded-build.sh [DIRECTORY]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$root/.build/embedded}
mkdir -p "$out"

flags="-swift-version 6 -enable-experimental-feature Embedded -wmo -Osize -parse-as-library
    -Xcc -fPIC -I $out -Xcc -fmodule-map-file=$root/Include/module.modulemap -I $root/Include"

# The sources' names have no spaces.
# shellcheck disable=SC2046,SC2086
swiftc $flags -module-name Interrupts -emit-module -emit-module-path "$out/Interrupts.swiftmodule" \
    -c -o "$out/Interrupts.o" $(find "$root/Sources/Interrupts" -name '*.swift' | sort)
# shellcheck disable=SC2046,SC2086
swiftc $flags -module-name VIOMMU -emit-module -emit-module-path "$out/VIOMMU.swiftmodule" \
    -c -o "$out/VIOMMU.o" $(find "$root/Sources/VIOMMU" -name '*.swift' | sort)
# shellcheck disable=SC2046,SC2086
swiftc $flags -module-name ELI -c -o "$out/ELI.o" $(find "$root/Sources/ELI" -name '*.swift' | sort)

${CC:-cc} -shared -o "$out/libELI.so" "$out/ELI.o" "$out/VIOMMU.o" "$out/Interrupts.o" \
    -Wl,--version-script="$root/Sources/ELI/libELI.map" -Wl,-soname=libELI.so.1 \
    -Wl,-z,nodelete -Wl,-z,defs -Wl,--gc-sections -s

"$root/Tests/ABI/run.sh" "$out/libELI.so"
echo "Embedded libELI.so: $(stat -c %s "$out/libELI.so") bytes"
size "$out/libELI.so"
