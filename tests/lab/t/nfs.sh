# SPDX-License-Identifier: GPL-2.0-only
# nfsd, two clients, v3 and v4.2, both address families, lo, a stranger.
lab_server_up
before=$(lab_nfsd_ops read)
head -c 100000 /dev/urandom >$LAB_EXPORT/file
for version in 3 4.2; do
	lab_check "v$version mount" lab_mount $version /mnt/m
	lab_check "v$version read" cmp $LAB_EXPORT/file /mnt/m/file
	lab_check "v$version write" cp $LAB_EXPORT/file /mnt/m/copy$version
	lab_check "v$version written" cmp $LAB_EXPORT/file $LAB_EXPORT/copy$version
	lab_check "v$version umount" lab_umount /mnt/m
done
lab_check "v3 reads counted" test "$(lab_nfsd_ops read)" -gt "$before"
lab_check "v4 reads counted" test \
	$(($(lab_nfsd_ops v4:read) + $(lab_nfsd_ops v4:read_plus))) -gt 0

LAB_CLIENT=2 lab_check "second client" lab_mount 3 /mnt/m
lab_check "second client reads" cmp $LAB_EXPORT/file /mnt/m/file
lab_check "umount" lab_umount /mnt/m

LAB_SERVER=$LAB_SERVER6 lab_check "IPv6" lab_mount 3 /mnt/m
lab_check "IPv6 read" cmp $LAB_EXPORT/file /mnt/m/file
lab_check "umount" lab_umount /mnt/m

LAB_CLIENT=local lab_check "lo" lab_mount 3 /mnt/m
lab_check "lo read" cmp $LAB_EXPORT/file /mnt/m/file
lab_check "umount" lab_umount /mnt/m

LAB_CLIENT=0 lab_refuse "stranger is refused" lab_mount 3 /mnt/m
lab_check "restart" lab_server_restart
lab_check "v3 mount after restart" lab_mount 3 /mnt/m
lab_check "read after restart" cmp $LAB_EXPORT/file /mnt/m/file
lab_check "umount" lab_umount /mnt/m
lab_note "end at $(cut -d' ' -f1 /proc/uptime) s"
lab_done
