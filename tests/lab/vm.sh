# SPDX-License-Identifier: GPL-2.0-only
# Runs QEMU on the packed job. Part of run.

qemu=$LAB_CACHE/qemu/root/usr/bin/qemu-system-x86_64
qemu_data=$LAB_CACHE/qemu/root/usr/share

# QEMU_ARGS... without acceleration and disks.
vm_base() {
	base=(-L "$qemu_data/qemu" -L "$qemu_data/seabios" -nodefaults -no-user-config
		-no-reboot -display none -M pc -m "$mem"
		-kernel "$LAB_CACHE/kernel-$kernel/vmlinuz"
		-initrd "$LAB_CACHE/kernel-$kernel/initrd")
}

# Does KVM boot a kernel here? /dev/kvm may exist and still not work, so it is tried,
# and the answer kept until the host's kernel or QEMU changes.
vm_kvm_works() {
	local key answer=no console
	[ -w /dev/kvm ] || return 1
	key="$(uname -rv) $(cat "$LAB_CACHE/qemu/version")"
	if [ "$(head -1 "$LAB_CACHE/kvm" 2>/dev/null)" != "$key" ]; then
		vm_base
		console=$(timeout -s KILL 15 "$qemu" "${base[@]}" -accel kvm -cpu host \
			-serial stdio -append "console=ttyS0 panic=-1 lab.probe" 2>&1 </dev/null) || :
		case $console in *LAB-PROBE-OK*) answer=yes ;; esac
		printf '%s\n%s\n' "$key" "$answer" >"$LAB_CACHE/kvm.$$"
		mv "$LAB_CACHE/kvm.$$" "$LAB_CACHE/kvm"
	fi
	[ "$(tail -1 "$LAB_CACHE/kvm")" = yes ]
}

vm_accel() {
	if [ "$icount" = yes ]; then
		cpus=1
		accel=(-accel tcg,thread=single -cpu "$icount_cpu" -icount shift=0,sleep=off)
	elif [ "$tcg" = no ] && vm_kvm_works; then
		accel=(-accel kvm -cpu host)
	else
		accel=(-accel tcg,thread=multi -cpu "$tcg_cpu")
	fi
	accel+=(-smp "$cpus")
}
# Pinned, as guest instruction counts are compared.
tcg_cpu=max,la57=off
# TCG counts each byte of a rep movsb as an instruction, while a CPU that has fast string
# operations moves 32 of them or more at once: without these the kernel copies in words.
icount_cpu=$tcg_cpu,erms=off,fsrm=off,fzrm=off,fsrs=off

disk_args() {
	local serial=$1 file=$2 options=$3
	drives+=(-drive "if=none,id=$serial,format=raw,cache=unsafe,file=${file//,/,,}$options"
		-device "virtio-blk-pci,drive=$serial,serial=$serial")
}

# Ends a guest whose kernel got stuck before it ran a program of ours: on a busy host, while it
# compares clocks.
vm_watch_boot() {
	local work=$1 pid=$2
	if ! timeout $boot_seconds tail -f -s 0.2 --pid="$pid" /dev/null &&
		! grep -qs LAB-UP "$work/console"; then
		echo "no boot within $boot_seconds s" >"$work/stuck"
		kill -TERM "$pid" || :
	fi
}
boot_seconds=${LAB_BOOT_SECONDS:-240} # selftest sets it

# Leaves stdout, stderr, console and result.tar in WORK, and stuck if the kernel did not come up;
# timed_out is set.
vm_run() {
	local work=$1 n init=/lab/init drives=() base accel name ports=() cmdline
	local status=0 start=$SECONDS
	timed_out=no
	rm -f "$work/stuck"
	disk_args lab-root "$image/root.img" ,snapshot=on
	disk_args lab-modules "$LAB_CACHE/kernel-$kernel/modules.img" ,readonly=on
	disk_args lab-job "$work/job.tar" ,readonly=on
	truncate -s %512 "$work/job.tar"
	for ((n = 1; n <= disks; n++)); do
		rm -f "$work/scratch$n.img"
		truncate -s "${disk_size}M" "$work/scratch$n.img"
		disk_args "lab-scratch$n" "$work/scratch$n.img" ""
	done
	for name in stdout stderr result; do
		: >"$work/live.$name"
		ports+=(-chardev "file,id=$name,path=$work/live.$name"
			-device "virtserialport,chardev=$name,name=lab.$name")
	done
	if [ "$systemd" = yes ]; then
		# Coldplug takes 5 s of TCG and brings nothing the lab uses.
		init="/lib/systemd/systemd systemd.show_status=0 systemd.getty_auto=no"
		init+=" systemd.condition_needs_update=0"
		init+=" systemd.mask=systemd-udev-trigger.service"
	fi
	# A busy host is late with the first timer interrupts, and may keep an emulated CPU waiting
	# for half a minute: neither is a fault of the kernel. Two minutes of it still count.
	cmdline="console=ttyS0 panic=-1 no_timer_check watchdog_thresh=60"
	cmdline+=" rcupdate.rcu_cpu_stall_timeout=120 oops=panic loglevel=5 log_buf_len=4M"
	cmdline+=" lab.init=$init $append"
	vm_base
	vm_accel

	TMPDIR=$work timeout -s KILL "$timeout" "$qemu" "${base[@]}" "${accel[@]}" "${drives[@]}" \
		-device virtio-serial-pci "${ports[@]}" \
		-chardev "file,id=console,path=$work/console" -serial chardev:console \
		-append "$cmdline" </dev/null >"$work/qemu.log" 2>&1 &
	qemu_pid=$!
	vm_watch_boot "$work" $qemu_pid &
	local watch_boot=$!
	tail -q -f -s 0.2 -c +1 --pid=$qemu_pid "$work/live.stdout" &
	local follow_out=$!
	tail -q -f -s 0.2 -c +1 --pid=$qemu_pid "$work/live.stderr" >&2 &
	local follow_err=$!
	wait "$qemu_pid" || status=$?
	qemu_pid=""
	[ $status -ne 137 ] || [ $SECONDS -lt $((start + timeout)) ] || timed_out=yes
	wait "$follow_out" "$follow_err" $watch_boot || :
	# Emulated CPUs now and then run into code that another is just patching (int3).
	if [ $timed_out = no ] && [ ! -s "$work/stuck" ] && ! grep -qs LAB-UP "$work/console"; then
		echo "no boot: the kernel died" >"$work/stuck"
	fi
}
