# SPDX-License-Identifier: GPL-2.0-only
# nfsaccel-torture on each file system, with each kind of preemption the kernel can be
# switched to, with both guards and with one alone: a cell each. And with each hit compared
# with nfsd's reply instead of being sent. Needs --disks 3.
#	torture.sh short	some seconds a cell; what make check runs
#	torture.sh control	without nfsaccel: what a plain nfsd does is never a violation
#	torture.sh long [MIN]	MIN minutes a cell (10): hits must be 30 % of the READs
# LAB_CELLS chooses among the cells by a pattern, as "ext4 full*".
. /lab/torture.sh
length=${1:-short}
rounds=1 seconds=2 all_hits=0
[ "$length" = short ] || rounds=$((${2:-10} * 15)) seconds=4
[ "$length" != control ] || lab_stat() { echo 0; }

# each_cell CMD: with fs and mode set; fails if no cell is chosen.
each_cell() {
	local fs mode found=1
	for mode in none lazy full; do
		[ "$guards-$mode" != shadow-none ] && [ "$guards-$mode" != shadow-lazy ] || continue
		[[ " ${modes[*]} " == *" $mode "* ]] || continue
		for fs in ext4 xfs btrfs tmpfs; do
			chosen || continue
			found=0
			"$@"
		done
	done
	return $found
}

cell() {
	local hits before skips holds status=0 json share reads changes violations name="$fs $mode $guards"
	local LAB_EXPORT=/srv/$fs dir=$mode-$guards counted=hits aligned=()
	# a plain nfsd of 6.1 sends other bytes where a READ begins in a hole (identity.py), and
	# loses calls that wait for mountd while the export cache is flushed
	[ "$LAB_KERNEL-$fs" != 6.1-tmpfs ] || aligned=(--aligned)
	echo "$mode" >$preempt
	mkdir /srv/$fs/$dir
	[ $guards != shadow ] || counted=shadow_same
	before=$(lab_stat $counted) skips=$(lab_skips)
	json=$(lab_client nfsaccel-torture --json --resend 10 "${aligned[@]}" --local /srv/$fs/$dir --rounds $rounds \
		--seconds $seconds --depth 2 --timeout 120 --read-mount /mnt/$fs.read/$dir \
		--mount3 /mnt/$fs.3/$dir --mount4 /mnt/$fs.4/$dir --command "mount -o remount /srv/$fs" \
		--command "$(server exportfs -f)" "$(lab_url $dir)") || status=$?
	hits=$(($(lab_stat $counted) - before)) skips=$(($(lab_skips) - skips))
	holds=$(must_hold)
	rm -rf /srv/$fs/$dir
	[ $status -le 1 ] || {
		lab_check "$name: the torture itself" lab_not true
		return
	}
	echo "$json" >>"$OUT/cells.json"
	read -r reads changes violations < <(jq -r '[.reads, .changes, .violations] | @tsv' <<<"$json")
	share=$((hits * 100 / (reads + 1)))
	printf 'cell %-6s %-9s %-7s must hold: %-3s  READs %6d  hits %6d  share %3d%%  changes %5d  skips %4d  violations %d\n' \
		$fs "$mode" "$guards" "$holds" "$reads" "$hits" "$share" "$changes" "$skips" "$violations"
	[ $holds = no ] || lab_check "$name: nothing is stale" test "$(wrong)" -eq 0
	[ "$length" != control ] || return
	all_hits=$((all_hits + hits))
	[ "$length" = short ] || lab_check "$name: 30 % were hits" test $share -ge 30
}

mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
read -r -a modes < <(tr -d '()' <$preempt)
LAB_FS=tmpfs lab_server_up
disk=0
for fs in ext4 xfs btrfs tmpfs; do
	disk=$((disk + 1))
	if [ $fs = tmpfs ]; then disk=; fi
	lab_fs_up $fs /srv/$fs $disk || lab_fail "no $fs"
	lab_exports_line /srv/$fs >>/etc/exports
done
exportfs -ra
for fs in ext4 xfs btrfs tmpfs; do
	mounts $fs 1 2 || lab_fail "no mounts of $fs"
done
if [ "$length" = control ]; then
	guards=plain
	each_cell cell
	lab_done
fi
for guards in both version inode; do
	each_cell true || continue
	lab_accel_up --set test.guards=$guards
	each_cell cell
	lab_accel_down
done
guards=shadow
if each_cell true; then
	lab_accel_up --set cache.shadow=1
	each_cell cell
	lab_check "nfsd's replies are what would have been sent" test "$(lab_stat shadow_different)" -eq 0
	lab_note "$(lab_stats)"
	lab_accel_down
fi
lab_check "there were hits" test $all_hits -gt 0
lab_done
