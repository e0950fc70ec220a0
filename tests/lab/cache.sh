# SPDX-License-Identifier: GPL-2.0-only
# Where the lab keeps what it has built, and when a piece has to be built again.
# Sourced by the build-* scripts, prepare and run.

LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_REPO=$(cd "$LAB_DIR/../.." && pwd)
LAB_CACHE=${NFSACCEL_LAB_CACHE:-$LAB_REPO/.lab}
case $LAB_CACHE in /*) ;; *) LAB_CACHE=$PWD/$LAB_CACHE ;; esac
LAB_KERNELS="6.1 6.12 7.2"

lab_say() { echo "lab: $*" >&2; }

lab_die() {
	lab_say "$*"
	exit 2
}

# A package list without comments, one name per line.
lab_packages() { sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$1"; }

# lab_piece NAME INPUT_FILE...: runs build_piece DIR unless .lab/NAME was made from
# the same inputs. The new piece replaces the old one by rename, so a guest which
# still runs from the old one keeps its open files.
lab_piece() {
	local name=$1 dest=$LAB_CACHE/$1 new want
	shift
	want=$(cat "$@" | sha256sum | cut -d' ' -f1)
	[ "$(cat "$dest/stamp" 2>/dev/null)" = "$want" ] && return 0
	mkdir -p "$LAB_CACHE"
	exec 9>"$LAB_CACHE/$name.lock"
	flock 9
	if [ "$(cat "$dest/stamp" 2>/dev/null)" != "$want" ]; then
		new=$LAB_CACHE/$name.new
		rm -rf "$new" "$LAB_CACHE/$name.old"
		mkdir -p "$new"
		lab_say "building $name (once, kept in $LAB_CACHE)"
		local start=$SECONDS
		build_piece "$new"
		echo "$want" >"$new/stamp"
		[ ! -e "$dest" ] || mv "$dest" "$LAB_CACHE/$name.old"
		mv "$new" "$dest"
		rm -rf "$LAB_CACHE/$name.old"
		lab_say "built $name in $((SECONDS - start)) s, $(du -sh "$dest" | cut -f1)"
	fi
	exec 9>&-
}
