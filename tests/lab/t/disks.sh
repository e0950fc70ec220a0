# SPDX-License-Identifier: GPL-2.0-only
# What later tests build on is there: kernel modules, BTF, BPF, tools, and each file
# system can be exported and mounted. Needs --disks 3.
lab_server_up
for module in nfsd nfsv3 nfsv4 veth 8021q dummy sch_fq sch_netem sch_ingress cls_bpf \
	act_mirred xfs btrfs nf_tables nft_ct tcp_diag inet_diag tcp_bbr; do
	lab_check "module $module" modprobe $module
done
lab_check "BTF of the kernel" test -s /sys/kernel/btf/vmlinux
lab_check "BTF of nfsd" test -s /sys/kernel/btf/nfsd
lab_check "BPF LSM" grep -q bpf /sys/kernel/security/lsm
lab_check "clsact" tc qdisc add dev lab1 clsact
lab_check "netem" lab_client tc qdisc add dev eth0 root netem delay 1ms loss 1% reorder 5%
lab_check "VLAN" lab_client ip link add link eth0 name eth0.7 type vlan id 7
lab_check "SOCK_DESTROY tool" ss -tanH
lab_check "bpffs" bpftool map list
for tool in nft ethtool setfacl setfattr strace tcpdump python3 jq fuser; do
	lab_check "tool $tool" test -n "$(command -v $tool)"
done
disk=1
for fs in xfs btrfs tmpfs; do
	disk=$((disk + 1))
	lab_check "$fs" lab_fs_up $fs /srv/$fs $disk
	lab_exports_line /srv/$fs >>/etc/exports
	exportfs -ra
	echo "on $fs" >/srv/$fs/file
	LAB_PATH=/srv/$fs lab_check "$fs mounts" lab_mount 3 /mnt/$fs
	lab_check "$fs reads" cmp /srv/$fs/file /mnt/$fs/file
	lab_check "$fs umounts" lab_umount /mnt/$fs
done
lab_done
