# SPDX-License-Identifier: GPL-2.0-only
# nfsaccel-torture on four file systems side by side, with each kind of preemption the kernel
# can be switched to, with both guards and with one alone: a cell each, told by fs, mode and
# guards. And with each hit compared with nfsd's reply instead of being sent.
# Needs --disks 3 --with tests/lab/raw.
#	torture.sh [short]		some seconds a cell; what make check runs
#	torture.sh control [MIN]	without nfsaccel: what a plain nfsd does is never a violation
#	torture.sh long [MIN]		MIN minutes a cell (10): hits must be 30 % of the READs
# On demand: torture-long, in all guests. LAB_CELLS chooses among the cells by a pattern, as
# "ext4 full*".
length=${1:-short}
how=(--seconds 2) all_hits=0
[ "$length" = short ] || how=(--seconds 4 --time $((${2:-10} * 60)))
[ "$length" != control ] || lab_stat() { echo 0; }
preempt=/sys/kernel/debug/sched/preempt
process=/sys/kernel/tracing/events/sunrpc/svc_process
all_fs=(ext4 xfs btrfs tmpfs)

# Which of the cells must be without violations (coherence.md). With both guards all. The
# inode alone does not tell a store through a mapping on tmpfs, which has no time for it. Nor
# what nfsd of 7.2 does for a client that holds a write delegation with the times: it leaves them
# to the client, and that may set none for a hole it punched (deleg_times.sh: 94 of 171 tries on ext4,
# 21 of 48 on xfs). btrfs sets them itself at the end. The version alone does where no hook
# was skipped.
must_hold() {
	case $guards-$LAB_KERNEL-$fs in
	inode-*-tmpfs | inode-7.2-ext4 | inode-7.2-xfs) echo no ;;
	inode-*) echo yes ;;
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

# side_by_side CMD: for each kind of preemption with a chosen cell, with mode and cells set;
# fails if there is none.
side_by_side() {
	local fs mode cells found=1
	for mode in none lazy full; do
		[ "$guards-$mode" != shadow-none ] && [ "$guards-$mode" != shadow-lazy ] || continue
		[[ " ${modes[*]} " == *" $mode "* ]] || continue
		cells=()
		for fs in "${all_fs[@]}"; do
			! chosen || cells+=("$fs")
		done
		[ ${#cells[@]} -ne 0 ] || continue
		found=0
		"$@"
	done
	return $found
}

# How many READs of client N nfsd itself has processed since they are counted.
by_nfsd() { awk -v client="10.9.$1." '$2 == "addr:" && index($3, client) == 1 { n += $NF }
	END { print n + 0 }' $process/hist; }

# Runs beside others; one of them is enough to flush the export cache, which is everybody's.
torture() {
	local flush=() aligned=()
	# a plain nfsd of 6.1 sends other bytes where a READ begins in a hole (identity.py)
	[ "$LAB_KERNEL-$fs" != 6.1-tmpfs ] || aligned=(--aligned)
	[ "$fs" != "${cells[0]}" ] || flush=(--command "$(server exportfs -f)")
	mkdir /srv/$fs/$dir
	# it also loses calls that wait for mountd while the export cache is flushed
	LAB_CLIENT=$n LAB_EXPORT=/srv/$fs lab_client nfsaccel-torture --json --resend 10 \
		--local /srv/$fs/$dir "${how[@]}" "${aligned[@]}" --depth 2 --timeout 120 \
		--read-mount /mnt/$fs.read/$dir --mount3 /mnt/$fs.3/$dir --mount4 /mnt/$fs.4/$dir \
		--command "mount -o remount /srv/$fs" "${flush[@]}" \
		"$(LAB_EXPORT=/srv/$fs lab_url $dir)" >"$LAB_RUN/$fs.json"
}

cells() {
	local fs n hits skips status started=$SECONDS dir=$mode-$guards counted=hits ended=()
	local -A nfsd pid number=([ext4]=1 [xfs]=2 [btrfs]=3 [tmpfs]=4)
	echo "$mode" >$preempt
	[ $guards != shadow ] || counted=shadow_same
	hits=$(lab_stat $counted) skips=$(lab_skips)
	for fs in "${cells[@]}"; do
		n=${number[$fs]}
		nfsd[$fs]=$(by_nfsd $n)
		torture &
		pid[$fs]=$!
	done
	for fs in "${cells[@]}"; do
		status=0
		wait ${pid[$fs]} || status=$?
		nfsd[$fs]=$(($(by_nfsd ${number[$fs]}) - nfsd[$fs]))
		lab_check "$fs $mode $guards: the torture itself" test $status -le 1 && ended+=("$fs")
	done
	hits=$(($(lab_stat $counted) - hits)) skips=$(($(lab_skips) - skips))
	all_hits=$((all_hits + hits))
	for fs in "${ended[@]}"; do
		judge
	done
	printf 'together %-9s %-7s  %s %d  skips %d  %d s\n' "$mode" $guards $counted $hits $skips \
		$((SECONDS - started))
}

judge() {
	local json share reads changes violations holds name="$fs $mode $guards"
	json=$(cat "$LAB_RUN/$fs.json")
	rm -rf "/srv/$fs/${dir:?}"
	holds=$(must_hold)
	jq -c --arg cell "$name" '. + {cell: $cell}' <<<"$json" >>"$OUT/cells.json"
	read -r reads changes violations < <(jq -r '[.reads, .changes, .violations] | @tsv' <<<"$json")
	share=$(((reads - nfsd[$fs]) * 100 / (reads + 1)))
	printf 'cell %-6s %-9s %-7s must hold: %-3s  READs %6d  by nfsd %6d  hits %3d%%  changes %5d  violations %d\n' \
		$fs "$mode" "$guards" "$holds" "$reads" "${nfsd[$fs]}" "$share" "$changes" "$violations"
	[ $holds = no ] || lab_check "$name: nothing is stale" test "$(wrong)" -eq 0
	[ "$length" != long ] || [ $guards = shadow ] ||
		lab_check "$name: 30 % were hits" test $share -ge 30
}

mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
mountpoint -q /sys/kernel/tracing || mount -t tracefs none /sys/kernel/tracing
read -r -a modes < <(tr -d '()' <$preempt)
LAB_FS=tmpfs LAB_CLIENTS=5 lab_server_up
disk=0
for fs in "${all_fs[@]}"; do
	disk=$((disk + 1))
	lab_fs_up $fs /srv/$fs $disk || lab_fail "no $fs"
	lab_exports_line /srv/$fs >>/etc/exports
done
exportfs -ra
# Each file system has readers in a network of their own; writers share the fifth.
n=0
for fs in "${all_fs[@]}"; do
	n=$((n + 1))
	mounts $fs $n 5 || lab_fail "no mounts of $fs"
done
echo 'hist:keys=addr:size=8192 if vers == 3 && proc == 6' >$process/trigger ||
	lab_fail "nfsd's READs cannot be counted by client"
if [ "$length" = control ]; then
	guards=plain
	side_by_side cells
	lab_done
fi
# Every hit is left to nfsd and compared, by the daemon that has both guards: a start takes
# as long as many cells.
shadow() {
	local guards=shadow
	wanted shadow || return
	lab_shadow 1
	side_by_side cells
	lab_alike
}
wanted() { local guards=$1 && side_by_side true; }
for guards in both version inode; do
	wanted $guards || { [ $guards = both ] && wanted shadow; } || continue
	lab_accel_up --set test.guards=$guards
	side_by_side cells
	[ $guards != both ] || shadow
	lab_note "$(lab_stats)"
	lab_accel_down
done
lab_check "there were hits" test $all_hits -gt 0
lab_done
