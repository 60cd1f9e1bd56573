#!/bin/sh
# Fuzzes the C interface: run.sh [LIBFUZZER OPTION]...
# Without options a short run, the same each time; run.sh -max_total_time=600 for ten minutes.
# AddressSanitizer and LeakSanitizer watch library and caller.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$root/.build/fuzz
mkdir -p "$out/corpus"
# The compiler that belongs to swiftc, for a matching runtime.
clang=$(dirname "$(readlink -f "$(command -v swiftc)")")/clang

flags="-swift-version 6 -O -g -wmo -parse-as-library -sanitize=address,fuzzer -I $out
    -Xcc -fmodule-map-file=$root/Include/module.modulemap -I $root/Include"

# The sources' names have no spaces.
# shellcheck disable=SC2046,SC2086
swiftc $flags -module-name Interrupts -emit-module -emit-module-path "$out/Interrupts.swiftmodule" \
    -c -o "$out/Interrupts.o" $(find "$root/Sources/Interrupts" -name '*.swift' | sort)
# shellcheck disable=SC2046,SC2086
swiftc $flags -module-name ELI -c -o "$out/ELI.o" $(find "$root/Sources/ELI" -name '*.swift' | sort)
"$clang" -std=c11 -O1 -g -Wall -Wextra -Werror -fsanitize=address,fuzzer-no-link -I "$root/Include" \
    -c -o "$out/fuzz.o" "$root/Tests/Fuzz/interrupts_fuzz.c"
swiftc -sanitize=address,fuzzer -use-ld=lld -o "$out/interrupts-fuzz" \
    "$out/fuzz.o" "$out/ELI.o" "$out/Interrupts.o" -lstdc++

if [ $# -eq 0 ]; then
    set -- -seed=1 -runs=20000
else
    set -- "$@" "$out/corpus"
fi
cd "$out"
# The same addresses on every run: the search follows comparisons, of pointers as well.
exec setarch -R ./interrupts-fuzz -max_len=8192 -len_control=0 -rss_limit_mb=1024 -timeout=20 \
    -print_final_stats=1 "$@"
