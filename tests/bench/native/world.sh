# SPDX-License-Identifier: GPL-2.0-only
# Sourced by run: a server's and a client's network namespace, veth pairs between them, files
# and nfs-ganesha. All names carry the process's number; world_down takes all of it away.
# Everything runs on one CPU ($CPU), which the caller has pinned itself to.
#	d0 10.77.0.0/24 plain	d1 accelerated		d2 the same, the client with GRO
#	d3 floor		d4 accelerated, files of no server
world=nabench$$
server_ns=$world-s client_ns=$world-c
started=()

in_server() { ip netns exec "$server_ns" "$@"; }
in_client() { ip netns exec "$client_ns" "$@"; }

# await SECONDS CMD...: until CMD succeeds.
await() {
	local until=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.1
	done
}

world_up() {
	local i
	work=$(mktemp -d /tmp/nabench.XXXXXX) || return
	mkdir "$work/export" && mount -t tmpfs -o size=200m none "$work/export" || return
	ip netns add "$server_ns" && ip netns add "$client_ns" || return
	in_server ip link set lo up
	for i in server client; do
		# what does not pace, whatever this host prefers; not each may be had in a namespace
		"in_$i" bash -c 'for cc in cubic reno; do
			echo $cc >/proc/sys/net/ipv4/tcp_congestion_control && break
		done' 2>/dev/null || return
	done
	for i in 0 1 2 3 4; do
		in_server ip link add "d$i" type veth peer name "d$i" netns "$client_ns" || return
		in_server ip addr add "10.77.$i.1/24" dev "d$i"
		in_client ip addr add "10.77.$i.2/24" dev "d$i"
		in_server ip link set "d$i" up
		in_client ip link set "d$i" up
	done
	in_client ethtool -K d2 gro on
}

world_mtu() {
	local i
	for i in 0 1 2 3 4; do
		in_server ip link set "d$i" mtu "$1" && in_client ip link set "d$i" mtu "$1" || return
	done
}

# world_files N: of each size, as set.h names them.
world_files() {
	local size i
	for size in 1024 4096 16384 65536; do
		mkdir "$work/export/d$size"
		for ((i = 0; i < $1; i++)); do
			head -c $size /dev/urandom >"$work/export/d$size/$(printf f%06d $i)" || return
		done
	done
}

# rpcbind and ganesha see a /run of their own, and so nothing of the host's.
world_ganesha() {
	sed "s|@EXPORT@|$work/export|" tests/bench/native/ganesha.conf >"$work/ganesha.conf"
	# shellcheck disable=SC2016
	ip netns exec "$server_ns" unshare -m bash -c '
		mount -t tmpfs none /run && mkdir -p /run/ganesha /run/rpcbind || exit
		rpcbind -f & echo $! >"$1/rpcbind.pid"
		for i in {1..100}; do rpcinfo -p 127.0.0.1 >/dev/null 2>&1 && break; sleep 0.1; done
		ganesha.nfsd -F -L "$1/ganesha.log" -f "$1/ganesha.conf" -p "$1/g.pid" &
		echo $! >"$1/ganesha.pid"
		wait' - "$work" >/dev/null 2>&1 &
	started+=($!)
	await 60 test -s "$work/ganesha.pid" || return
	ganesha=$(<"$work/ganesha.pid")
	await 60 in_client bash -c "exec 3<>/dev/tcp/10.77.0.1/2049 4<>/dev/tcp/10.77.0.1/20048"
}

# helper NAME PROGRAM OPTION...: in the server's namespace, its input and output as files
# ${NAME}_in and ${NAME}_out; returns once it is ready.
helper() {
	local name=$1 in out line pid
	shift
	mkfifo "$work/$name.in" "$work/$name.out" || return
	ip netns exec "$server_ns" "$@" <"$work/$name.in" >"$work/$name.out" 2>>"$work/errors" &
	pid=$!
	started+=("$pid")
	exec {in}>"$work/$name.in" {out}<"$work/$name.out"
	rm "$work/$name.in" "$work/$name.out"
	printf -v "${name}_in" %s "$in"
	printf -v "${name}_out" %s "$out"
	printf -v "${name}_pid" %s "$pid"
	read -r -t 120 -u "$out" line && [ "$line" = ready ]
}

# tell NAME WORDS: a line to the helper; its answer.
tell() {
	local in=${1}_in out=${1}_out line
	shift
	echo "$*" >&"${!in}"
	read -r -t 300 -u "${!out}" line && echo "$line"
}

# dismiss NAME: its end. A line says so, for others have its input open, too.
dismiss() {
	local in=${1}_in out=${1}_out pid=${1}_pid
	[ -n "${!in-}" ] || return 0
	case $1 in
	epoll | direct) kill "${!pid}" 2>/dev/null ;;
	*) echo end >&"${!in}" ;;
	esac
	eval "exec ${!in}>&- ${!out}<&-"
	wait "${!pid}" 2>/dev/null
	unset "${1}_in"
}

world_ganesha_down() {
	[ -n "$ganesha" ] || return 0
	kill "$ganesha" "$(<"$work/rpcbind.pid")" 2>/dev/null
	# it takes its time, and must let go of the files
	await 20 test ! -d "/proc/$ganesha" || kill -9 "$ganesha" 2>/dev/null
	ganesha=
}

world_down() {
	local pid name
	for name in accel floor fake epoll direct; do
		dismiss $name
	done
	world_ganesha_down
	for pid in "${started[@]}"; do
		wait "$pid" 2>/dev/null
	done
	ip netns del "$server_ns" 2>/dev/null
	ip netns del "$client_ns" 2>/dev/null
	umount "$work/export" 2>/dev/null
	rm -rf "$work"
}
