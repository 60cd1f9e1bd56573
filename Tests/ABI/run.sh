#!/bin/sh
# run.sh LIBRARY: compile the C programs of this folder and run each against the built library.
set -eu
library=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
for source in "$here"/*-test.c; do
	name=$(basename "$source" .c)
	gcc -std=c17 -Wall -Wextra -Werror -O1 -g -I "$here/../../Include" \
		-o "$build/$name" "$source" -ldl
	echo "== $name"
	"$build/$name" "$library"
done
