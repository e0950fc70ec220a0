# SPDX-License-Identifier: GPL-2.0-only
# Routed, no bridge: the server's one address lives on a dummy device of the guest's
# initial namespace, client n in namespace clientN behind the veth pair labN - eth0.
# Client 0 is a stranger: its addresses are in no export.

LAB_SERVER=10.9.0.1
LAB_SERVER6=fd09::1
export LAB_SERVER LAB_SERVER6

lab_net_up() {
	[ ! -e /sys/class/net/server0 ] || return 0
	modprobe dummy numdummies=0
	ip link add server0 type dummy
	ip addr add $LAB_SERVER/32 dev server0
	ip addr add $LAB_SERVER6/128 dev server0 nodad
	ip link set server0 up
	ip link set lo up
	sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

# lab_client_up N: makes client N with LAB_MTU (1500) unless it exists.
lab_client_up() {
	local n=$1 ns=client$1 net=10.9.$1 net6=fd09:0:0:$1: mtu=${LAB_MTU:-1500}
	[ ! -e "/run/netns/$ns" ] || return 0
	lab_net_up
	if [ "$n" = 0 ]; then
		net=10.10.0 net6=fd0a:0:0:0:
	fi
	ip netns add "$ns" &&
		ip link add "lab$n" mtu "$mtu" type veth peer name eth0 mtu "$mtu" netns "$ns" &&
		ip addr add "$net.1/24" dev "lab$n" &&
		ip addr add "${net6}:1/64" dev "lab$n" nodad &&
		ip link set "lab$n" up &&
		ip -n "$ns" addr add "$net.2/24" dev eth0 &&
		ip -n "$ns" addr add "${net6}:2/64" dev eth0 nodad &&
		ip -n "$ns" link set lo up &&
		ip -n "$ns" link set eth0 up &&
		ip -n "$ns" route add default via "$net.1" &&
		ip -n "$ns" -6 route add default via "${net6}:1" ||
		lab_fail "cannot make client $n"
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
