# SPDX-License-Identifier: GPL-2.0-only
# Packs what goes into the guest as one tar, laid over the image at boot. Part of run.

# The current tree, installed. With --plain only the clients stay.
job_install() {
	local tree=$1
	if [ ! -f "$LAB_REPO/Makefile" ] || ! make -s -C "$LAB_REPO" -n install >/dev/null 2>&1; then
		lab_say "notice: no 'make install' yet, the guest comes without nfsaccel"
		return 0
	fi
	mkdir -p "$LAB_CACHE"
	(
		# Runs side by side must not build in the same tree at once.
		flock 9
		env -u MAKEFLAGS -u MAKELEVEL make -s -C "$LAB_REPO" install \
			DESTDIR="$tree.inst" PREFIX=/usr
	) 9>"$LAB_CACHE/install.lock" >&2 || lab_die "make install failed"
	if [ "$plain" = yes ]; then
		mkdir -p "$tree/usr/bin"
		cp -p "$tree.inst"/usr/bin/nfsaccel-* "$tree/usr/bin/"
	else
		cp -a "$tree.inst/." "$tree/"
	fi
	rm -rf "$tree.inst"
}

# Shared libraries which the tree's and --with's programs have on the host and the
# image lacks.
job_libraries() {
	local tree=$1 lib
	mkdir -p "$tree/usr/lib/x86_64-linux-gnu"
	find "$tree" ${with:+"$with"} -type f \( -perm -100 -o -name '*.so*' \) -print0 |
		xargs -0 -r ldd 2>/dev/null |
		awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' | sort -u |
		while read -r name lib; do
			grep -qxF "$name" "$LAB_CACHE/image/libs" && continue
			cp -L "$lib" "$tree/usr/lib/x86_64-linux-gnu/$name"
		done
}

job_pack() {
	local work=$1 script=$2 tree=$1/tree
	shift 2
	mkdir -p "$tree/lab/job.d" "$tree/mnt/with"
	job_install "$tree"
	if [ "$plain" = no ] && [ -d "$tree/usr/sbin" ]; then
		: >"$tree/lab/has-nfsaccel"
	fi
	job_libraries "$tree"
	if [ "$systemd" = yes ]; then
		install -D -m 644 "$LAB_DIR/guest/lab-job.service" \
			"$tree/etc/systemd/system/lab-job.service"
		mkdir -p "$tree/etc/systemd/system/multi-user.target.wants"
		ln -s ../lab-job.service "$tree/etc/systemd/system/multi-user.target.wants/"
	fi
	cp "$LAB_DIR"/guest/{init,job} "$LAB_DIR"/guest/*.sh "$tree/lab/"
	chmod 755 "$tree/lab/init" "$tree/lab/job"
	cp "$script" "$tree/lab/job.d/"
	printf '%s\0' "$(basename "$script")" "$@" >"$tree/lab/args"
	{
		# LAB_* variables of the caller's environment are options of the library.
		env -0 | while IFS= read -r -d '' line; do
			case $line in
			LAB_[A-Z0-9_]*=*) printf 'export %s=%q\n' "${line%%=*}" "${line#*=}" ;;
			esac
		done
		echo "export LAB_KERNEL=$kernel LAB_SYSTEMD=$systemd LAB_ICOUNT=$icount LAB_PLAIN=$plain"
	} >"$tree/lab/env"
	chmod 755 "$tree"
	tar -c -f "$work/job.tar" --owner=0 --group=0 -C "$tree" .
	if [ -n "$with" ]; then
		tar -r -f "$work/job.tar" -C "$with" --transform='s,^\.,./mnt/with,S' .
	fi
	rm -rf "$tree"
}
