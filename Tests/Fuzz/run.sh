#!/bin/sh
# Fuzzes the C interface: run.sh [LIBFUZZER OPTION]...
# Without options a short run, the same each time; run.sh -max_total_time=600 for ten minutes of
# each program. FUZZERS=viommu runs that one only.
# AddressSanitizer and LeakSanitizer watch library and caller.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$root/.build/fuzz
mkdir -p "$out"
# The compiler that belongs to swiftc, for a matching runtime.
clang=$(dirname "$(readlink -f "$(command -v swiftc)")")/clang

flags="-swift-version 6 -O -g -wmo -parse-as-library -sanitize=address,fuzzer -I $out
    -Xcc -fmodule-map-file=$root/Include/module.modulemap -I $root/Include"

# The sources' names have no spaces.
# shellcheck disable=SC2046,SC2086
swiftc $flags -module-name Interrupts -emit-module -emit-module-path "$out/Interrupts.swiftmodule" \
    -c -o "$out/Interrupts.o" $(find "$root/Sources/Interrupts" -name '*.swift' | sort)
# shellcheck disable=SC2046,SC2086
swiftc $flags -module-name VIOMMU -emit-module -emit-module-path "$out/VIOMMU.swiftmodule" \
    -c -o "$out/VIOMMU.o" $(find "$root/Sources/VIOMMU" -name '*.swift' | sort)
# shellcheck disable=SC2046,SC2086
swiftc $flags -module-name ELI -c -o "$out/ELI.o" $(find "$root/Sources/ELI" -name '*.swift' | sort)

for fuzzer in ${FUZZERS:-interrupts viommu mirror}; do
    "$clang" -std=c11 -O1 -g -Wall -Wextra -Werror -fsanitize=address,fuzzer-no-link \
        -I "$root/Include" -c -o "$out/fuzz.o" "$root/Tests/Fuzz/${fuzzer}_fuzz.c"
    swiftc -sanitize=address,fuzzer -use-ld=lld -o "$out/$fuzzer-fuzz" \
        "$out/fuzz.o" "$out/ELI.o" "$out/VIOMMU.o" "$out/Interrupts.o" -lstdc++
    mkdir -p "$out/corpus/$fuzzer"
    if [ $# -eq 0 ]; then
        options="-seed=1 -runs=20000"
    else
        options="$* $out/corpus/$fuzzer"
    fi
    echo "== $fuzzer"
    # The same addresses on every run: the search follows comparisons, of pointers as well.
    # shellcheck disable=SC2086
    (cd "$out" && setarch -R "./$fuzzer-fuzz" -max_len=8192 -len_control=0 -rss_limit_mb=1024 \
        -timeout=20 -print_final_stats=1 $options)
done
