# SPDX-License-Identifier: GPL-2.0-only
# Routed, no bridge: the server's one address lives on a dummy device of the guest's
# initial namespace, client n in namespace clientN behind the veth pair labN - eth0.
# Client 0 is a stranger: its addresses are in no export.

LAB_SERVER=10.9.0.1
LAB_SERVER6=fd09::1
export LAB_SERVER LAB_SERVER6

# One ip process for many commands: each costs 40 ms under TCG.
lab_net_up() {
	[ ! -e /sys/class/net/server0 ] || return 0
	modprobe dummy numdummies=0
	ip -batch - <<-IP || lab_fail "cannot make the server's network"
		link add server0 type dummy
		addr add $LAB_SERVER/32 dev server0
		addr add $LAB_SERVER6/128 dev server0 nodad
		link set server0 up
		link set lo up
	IP
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
}

# lab_client_up N: makes client N with LAB_MTU (1500) unless it exists.
lab_client_up() {
	local n=$1 ns=client$1 net=10.9.$1 net6=fd09:0:0:$1: mtu=${LAB_MTU:-1500}
	[ ! -e "/run/netns/$ns" ] || return 0
	lab_net_up
	if [ "$n" = 0 ]; then
		net=10.10.0 net6=fd0a:0:0:0:
	fi
	ip -batch - <<-IP || lab_fail "cannot make client $n"
		netns add $ns
		link add lab$n mtu $mtu type veth peer name eth0 mtu $mtu netns $ns
		addr add $net.1/24 dev lab$n
		addr add $net6:1/64 dev lab$n nodad
		link set lab$n up
	IP
	ip -n "$ns" -batch - <<-IP || lab_fail "cannot make client $n"
		addr add $net.2/24 dev eth0
		addr add $net6:2/64 dev eth0 nodad
		link set lo up
		link set eth0 up
		route add default via $net.1
		route add ::/0 via $net6:1
	IP
}

# lab_client CMD...: runs CMD in the network of client LAB_CLIENT (1). Only the network
# is the client's, so a mount made there is seen everywhere. LAB_CLIENT=local is the
# server's own network: its connections go over lo.
lab_client() {
	local n=${LAB_CLIENT:-1}
	if [ "$n" = local ]; then
		"$@"
	else
		lab_client_up "$n"
		nsenter --net="/run/netns/client$n" -- "$@"
	fi
}
