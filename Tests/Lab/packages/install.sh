#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# `make install` and `make uninstall` into a scratch folder: install.sh FOLDER-WITH-THE-PROGRAMS
set -eu
root=$(cd "$(dirname "$0")/../../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export DESTDIR="$scratch" PREFIX=/opt/eli LIBDIR=

"$root/Packaging/install" "$1"
tree=$scratch$PREFIX
PKG_CONFIG_PATH=$tree/lib/pkgconfig
PKG_CONFIG_SYSROOT_DIR=$scratch
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
# shellcheck disable=SC2046 # words
${CC:-cc} -Wall -Werror -o "$scratch/version" "$root/Tests/Lab/packages/version.c" \
	$(pkg-config --cflags --libs eli)
said=$(LD_LIBRARY_PATH=$tree/lib "$scratch/version")
[ "$said" = "libELI $(pkg-config --modversion eli)" ]
rm "$scratch/version"
"$tree/bin/elictl" --help | grep -q doctor
[ -s "$tree/share/man/man1/elictl.1" ]

"$root/Packaging/install" --uninstall
left=$(find "$scratch" ! -type d)
[ -z "$left" ] || { echo "make uninstall left: $left" >&2; exit 1; }
echo "make install, make uninstall: $said"
