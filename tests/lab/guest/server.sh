# SPDX-License-Identifier: GPL-2.0-only
# nfsd, its export, its clients' mounts and its own counters.

LAB_EXPORT=/srv/export
export LAB_EXPORT

# lab_fs_up FS DIR N: a fresh file system on scratch disk N (1..), or tmpfs.
lab_fs_up() {
	local fs=$1 dir=$2 device
	mkdir -p "$dir"
	if [ "$fs" = tmpfs ]; then
		mount -t tmpfs tmpfs "$dir"
		return
	fi
	device=$(lab_disk "$3") || return 1
	case $fs in
	ext4) mke2fs -q -F -t ext4 -E lazy_itable_init=1,nodiscard -m 0 "$device" ;;
	xfs) mkfs.xfs -q -f -K "$device" ;;
	btrfs) mkfs.btrfs -q -f -K "$device" ;;
	*) lab_fail "unknown file system $fs" ;;
	esac && mount -t "$fs" "$device" "$dir"
}

# lab_disk N: the device of scratch disk N.
lab_disk() {
	local file
	file=$(grep -lx "lab-scratch$1" /sys/block/vd*/serial) || {
		echo "lab: no scratch disk $1, see --disks" >&2
		return 1
	}
	file=${file%/serial}
	echo "/dev/${file##*/}"
}

lab_server_conf() {
	cat >/etc/nfs.conf <<-CONF
		[general]
		pipefs-directory=/run/rpc_pipefs
		[mountd]
		port=20048
		[nfsd]
		threads=${LAB_NFSD_THREADS:-8}
		port=${LAB_NFS_PORT:-2049}
		grace-time=10
		lease-time=10
		vers3=y
		vers4=y
		vers4.0=y
		vers4.1=y
		vers4.2=y
		[lockd]
		port=32803
		udp-port=32803
	CONF
	lab_exports_line $LAB_EXPORT >/etc/exports
}

# lab_exports_line DIR [EXTRA_OPTIONS]: DIR exported to all clients but client 0.
lab_exports_line() {
	local options=${LAB_EXPORT_OPTS:-rw,sync,no_subtree_check,no_root_squash,insecure}${2:+,$2}
	# A tmpfs has no UUID to name it by.
	[ "$(stat -f -c %T "$1")" != tmpfs ] || options+=,fsid=$((1 + ${#1}))
	echo "$1 10.9.0.0/16($options) fd09::/48($options)"
}

# lab_server_up: nfsd exports LAB_FS (ext4) at /srv/export to two clients.
lab_server_up() {
	local n
	lab_net_up
	for ((n = 1; n <= ${LAB_CLIENTS:-2}; n++)); do
		lab_client_up "$n"
	done
	mountpoint -q $LAB_EXPORT || lab_fs_up "${LAB_FS:-ext4}" $LAB_EXPORT 1 ||
		lab_fail "no file system for $LAB_EXPORT"
	lab_server_conf
	if [ "$LAB_SYSTEMD" = yes ]; then
		systemctl start nfs-server || lab_fail "nfs-server does not start"
	else
		lab_server_start
	fi
	lab_server_answers || lab_fail "nfsd does not answer"
	lab_note "nfsd up at $(cut -d' ' -f1 /proc/uptime) s"
}

# What nfs-server.service and its requirements do, in their order: rpc_pipefs and
# nfsdcld must be there before nfsd, or the first v4 OPEN waits out the grace period.
lab_server_start() {
	modprobe nfsd
	mkdir -p /run/rpc_pipefs /run/rpcbind
	mountpoint -q /run/rpc_pipefs || mount -t rpc_pipefs rpc_pipefs /run/rpc_pipefs
	mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
	[ -S /run/rpcbind.sock ] || rpcbind -w || lab_fail "rpcbind does not start"
	pidof nfsdcld >/dev/null || nfsdcld || lab_fail "nfsdcld does not start"
	exportfs -ra || lab_fail "exportfs fails"
	pidof rpc.statd >/dev/null || rpc.statd --no-notify || lab_fail "statd does not start"
	pidof rpc.mountd >/dev/null || rpc.mountd || lab_fail "mountd does not start"
	rpc.nfsd || lab_fail "nfsd does not start"
}

lab_server_answers() {
	lab_wait 30 eval "(exec 3<>/dev/tcp/$LAB_SERVER/${LAB_NFS_PORT:-2049})" 2>/dev/null
}

# lab_plain_port PORT: nfsd listens there too, until it is stopped; nfsaccel, which looks
# at one port, knows nothing of it: what comes by this way is plain nfsd's.
lab_plain_port() { echo "tcp $1" >/proc/fs/nfsd/portlist; }

# lab_server_down: stops nfsd; exports and file system stay.
lab_server_down() {
	if [ "$LAB_SYSTEMD" = yes ]; then
		systemctl stop nfs-server
	else
		rpc.nfsd 0
		exportfs -au
		exportfs -f
	fi
}

# lab_server_restart: as an administrator's `systemctl restart nfs-server`.
lab_server_restart() {
	if [ "$LAB_SYSTEMD" = yes ]; then
		systemctl restart nfs-server
	else
		lab_server_down && lab_server_start
	fi && lab_server_answers
}

# lab_mount VERS DIR [OPTIONS]: mounts the export on DIR as client LAB_CLIENT. A v6
# mount has LAB_SERVER=$LAB_SERVER6 before it; LAB_PATH is what is mounted.
lab_mount() {
	local vers=$1 dir=$2 options=${3:-} address=$LAB_SERVER
	case $address in
	*:*) address="[$address]" options="proto=tcp6${options:+,$options}" ;;
	*) options="proto=tcp${options:+,$options}" ;;
	esac
	case $vers in
	3) options="vers=3,nolock,mountport=20048,mountproto=tcp,$options" ;;
	*) options="vers=$vers,$options" ;;
	esac
	case $address in *:*) options=${options/mountproto=tcp,/mountproto=tcp6,} ;; esac
	modprobe -q nfs
	modprobe -q "nfsv${vers%%.*}"
	mkdir -p "$dir"
	lab_client mount -t nfs -o "$options,port=${LAB_NFS_PORT:-2049}" \
		"$address:${LAB_PATH:-$LAB_EXPORT}" "$dir"
}

# lab_umount DIR
lab_umount() { umount "$1" || { sleep 1 && umount "$1"; }; }

# lab_nfsd_ops OP: how often nfsd itself did OP since boot: a v3 procedure, or v4:OP.
lab_nfsd_ops() {
	local line=proc3 op=$1 names number=-1 n=0 name
	case $op in
	v4:*)
		line=proc4ops op=${op#v4:} names=$lab_v4_ops
		;;
	*)
		op=${op#v3:} names=$lab_v3_ops
		;;
	esac
	for name in $names; do
		[ "$name" != "$op" ] || number=$n
		n=$((n + 1))
	done
	[ $number -ge 0 ] || lab_fail "nfsd has no operation $1"
	awk -v line=$line -v field=$((number + 3)) \
		'$1 == line { print $field; found = 1 } END { exit !found }' /proc/net/rpc/nfsd
}

# In the order of the protocol's numbers.
lab_v3_ops="null getattr setattr lookup access readlink read write create mkdir symlink
	mknod remove rmdir rename link readdir readdirplus fsstat fsinfo pathconf commit"
lab_v4_ops="op0 op1 op2 access close commit create delegpurge delegreturn getattr getfh
	link lock lockt locku lookup lookupp nverify open openattr open_confirm
	open_downgrade putfh putpubfh putrootfh read readdir readlink remove rename renew
	restorefh savefh secinfo setattr setclientid setclientid_confirm verify write
	release_lockowner backchannel_ctl bind_conn_to_session exchange_id create_session
	destroy_session free_stateid get_dir_delegation getdeviceinfo getdevicelist
	layoutcommit layoutget layoutreturn secinfo_no_name sequence set_ssv test_stateid
	want_delegation destroy_clientid reclaim_complete allocate copy copy_notify
	deallocate io_advise layouterror layoutstats offload_cancel offload_status
	read_plus seek write_same clone getxattr setxattr listxattrs removexattr"

# lab_files DIR N SIZE: files of so many random bytes in the export's DIR, named as nfsaccel-bench
# names its own.
lab_files() {
	local i
	mkdir -p "$LAB_EXPORT/$1"
	for ((i = 0; i < $2; i++)); do
		head -c "$3" /dev/urandom >"$LAB_EXPORT/$1/f$(printf %06d "$i")"
	done
}
