# SPDX-License-Identifier: GPL-2.0-only
# Packs what goes into the guest as one tar, laid over the image at boot. Part of run.

# The current tree, installed (or --tree). With --plain only the clients stay.
job_install() {
	local dest=$1 from=$tree
	if [ -z "$from" ]; then
		from=$dest.inst
		job_make_install "$from"
	fi
	if [ "$plain" = no ]; then
		cp -a "$from/." "$dest/"
	elif [ -d "$from/usr/bin" ]; then
		mkdir -p "$dest/usr/bin"
		find "$from/usr/bin" -name 'nfsaccel-*' -exec cp -p -t "$dest/usr/bin" {} +
	fi
	rm -rf "$dest.inst"
	[ ! -x "$dest/usr/sbin/nfsacceld" ] || : >"$dest/lab/has-nfsaccel"
}

job_make_install() {
	mkdir -p "$LAB_CACHE" "$1"
	if [ ! -f "$LAB_REPO/Makefile" ]; then
		lab_say "notice: no Makefile yet, the guest comes without nfsaccel"
		return
	fi
	# Runs side by side must not build in the same tree at once.
	flock "$LAB_CACHE/install.lock" env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
		make -s -C "$LAB_REPO" install DESTDIR="$1" PREFIX=/usr >&2 ||
		lab_die "make install failed"
}

# Shared libraries which the tree's and --with's programs have on the host and the
# image lacks. ldd fails on scripts, which is no matter.
job_libraries() {
	local dest=$1 name lib
	mkdir -p "$dest/usr/lib/x86_64-linux-gnu"
	find "$dest" ${with:+"$with"} -type f \( -perm -100 -o -name '*.so*' \) -print0 |
		{ xargs -0 -r ldd 2>/dev/null || :; } |
		awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' | sort -u |
		while read -r name lib; do
			grep -qxF "$name" "$image/libs" && continue
			cp -L "$lib" "$dest/usr/lib/x86_64-linux-gnu/$name"
		done
}

job_pack() {
	local work=$1 script=$2 dest=$1/tree
	shift 2
	mkdir -p "$dest/lab/job.d" "$dest/mnt/with"
	job_install "$dest"
	job_libraries "$dest"
	if [ "$systemd" = yes ]; then
		install -D -m 644 "$LAB_DIR/guest/lab-job.service" \
			"$dest/etc/systemd/system/lab-job.service"
		mkdir -p "$dest/etc/systemd/system/multi-user.target.wants"
		ln -s ../lab-job.service "$dest/etc/systemd/system/multi-user.target.wants/"
	fi
	cp "$LAB_DIR"/guest/{init,job} "$LAB_DIR"/guest/*.sh "$dest/lab/"
	chmod 755 "$dest/lab/init" "$dest/lab/job"
	cp "$script" "$dest/lab/job.d/"
	printf '%s\0' "$(basename "$script")" "$@" >"$dest/lab/args"
	{
		# LAB_* variables of the caller's environment are options of the library.
		env -0 | while IFS= read -r -d '' line; do
			case $line in
			LAB_[A-Z0-9_]*=*) printf 'export %s=%q\n' "${line%%=*}" "${line#*=}" ;;
			esac
		done
		echo "export LAB_KERNEL=$kernel LAB_SYSTEMD=$systemd LAB_ICOUNT=$icount LAB_PLAIN=$plain"
	} >"$dest/lab/env"
	chmod 755 "$dest"
	tar -c -f "$work/job.tar" --owner=0 --group=0 -C "$dest" .
	if [ -n "$with" ]; then
		tar -r -f "$work/job.tar" -C "$with" --transform='s,^\.,./mnt/with,S' .
	fi
	rm -rf "$dest"
}
