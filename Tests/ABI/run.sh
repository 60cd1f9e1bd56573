#!/bin/sh
# run.sh LIBRARY: compile the C programs of this folder and run each against the built library.
set -eu
library=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

# Only the getter is exported.
exported=$(nm -D --defined-only --extern-only "$library" | awk '$2 != "A" { print $3 }')
case $exported in
eli_plugin_get | eli_plugin_get@*) ;;
*)
	echo "exported: $exported" >&2
	exit 1
	;;
esac

# The header stands alone, in C and in C++.
for language in c c++; do
	echo '#include "eli.h"' | gcc -x "$language" -Wall -Wextra -Wpedantic -Werror \
		-I "$here/../../Include" -fsyntax-only -
done

for source in "$here"/*-test.c; do
	name=$(basename "$source" .c)
	counter=
	if [ "$name" = allocation-test ]; then
		counter=$here/../AllocationCounter/allocation_counter.c
	fi
	# -rdynamic: the library's calls of malloc() find the counter's.
	gcc -std=c17 -Wall -Wextra -Werror -O1 -g -fno-builtin-malloc -rdynamic \
		-I "$here/../../Include" -I "$here/../AllocationCounter/include" \
		-o "$build/$name" "$source" $counter -ldl
	echo "== $name"
	"$build/$name" "$library"
done
