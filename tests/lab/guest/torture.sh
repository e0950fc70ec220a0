# SPDX-License-Identifier: GPL-2.0-only
# What the cells of t/torture.sh and t/sidebyside.sh have in common; they source it. A cell is
# told by fs, mode and guards.
preempt=/sys/kernel/debug/sched/preempt

# Which of the cells must be without violations (coherence.md). With both guards all. The
# inode alone does not tell a store through a mapping on tmpfs, which has no time for it; nor
# what leaves the times of before, as a punched hole on 7.2 (ext4, seen in the long run). The
# version alone does where no hook was skipped.
must_hold() {
	case $guards-$fs in
	inode-tmpfs) echo no ;;
	inode-*) [ "$LAB_KERNEL" = 7.2 ] && echo no || echo yes ;;
	version-*) [ "$skips" -eq 0 ] && echo yes || echo no ;;
	*) echo yes ;;
	esac
}

# What counts. The version alone may bring an old moment back while a change is under way: it
# is filled in between the bumps before and after, when somebody else has seen the new one.
wrong() {
	jq --arg guards $guards 'if $guards == "version" then .stale + .future + .broken + .alien +
		.size + .attributes + .gone + .refused + ."let-in" else .violations end' <<<"$json"
}

# mounts FS READERS WRITERS: as which clients.
mounts() {
	local options=noac,lookupcache=none,nosharecache
	LAB_PATH=/srv/$1 LAB_CLIENT=$2 lab_mount 3 /mnt/$1.read $options &&
		LAB_PATH=/srv/$1 LAB_CLIENT=$3 lab_mount 3 /mnt/$1.3 $options &&
		LAB_PATH=/srv/$1 LAB_CLIENT=$3 lab_mount 4.2 /mnt/$1.4 $options
}

# As the server, whose caches those of the client's network are not.
server() { echo "nsenter --net=/proc/1/ns/net $*"; }

# shellcheck disable=SC2053 # it is a pattern
chosen() { [[ "$fs $mode $guards" == ${LAB_CELLS:-*} ]]; }
