# SPDX-License-Identifier: GPL-2.0-only
# A private apt for another suite: its own sources, lists and cache, so that the
# machine's apt is left alone. Mirror and keyring are those of the machine's own
# first sources stanza. Sourced after cache.sh.

# First stanza of the machine's sources as "URI KEYRING" (KEYRING may be empty).
lab_apt_origin() {
	local file
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -e "$file" ] || continue
		awk '
			/^[[:space:]]*#/ { next }
			/^[[:space:]]*$/ { if (uri != "") exit; next }
			tolower($1) == "uris:" { uri = $2 }
			tolower($1) == "signed-by:" { key = $2 }
			END { if (uri != "") print uri, key }
		' "$file" | grep . && return 0
	done
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk '
		$1 == "deb" {
			key = ""
			sub(/^deb[[:space:]]+/, "")
			if (match($0, /^\[[^]]*\]/)) {
				opts = substr($0, 2, RLENGTH - 2)
				sub(/^\[[^]]*\][[:space:]]*/, "")
				if (match(opts, /signed-by=[^ ]+/))
					key = substr(opts, RSTART + 10, RLENGTH - 10)
			}
			print $1, key
			exit
		}' | grep . && return 0
	lab_die "no sources stanza found in /etc/apt"
}

# The "deb" line for SUITE.
lab_apt_line() {
	local uri key
	read -r uri key < <(lab_apt_origin)
	[ -n "$key" ] || key=/usr/share/keyrings/debian-archive-keyring.gpg
	echo "deb [signed-by=$key] $uri $1 main"
}

# lab_apt_open SUITE DIR: makes DIR an apt root for SUITE and refreshes its lists;
# `lab_apt DIR COMMAND...` uses it afterwards.
lab_apt_open() {
	local suite=$1 root=$2
	mkdir -p "$root"/{lists/partial,archives/partial,empty}
	: >"$root/status"
	lab_apt_line "$suite" >"$root/sources.list"
	cat >"$root/apt.conf" <<-CONF
		Dir::Etc::SourceList "$root/sources.list";
		Dir::Etc::SourceParts "$root/empty";
		Dir::Etc::Preferences "$root/none";
		Dir::Etc::PreferencesParts "$root/empty";
		Dir::State::Lists "$root/lists";
		Dir::State::Status "$root/status";
		Dir::Cache "$root";
		Dir::Cache::Archives "$root/archives";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		APT::Sandbox::User "root";
		APT::Install-Recommends "false";
		Acquire::Languages "none";
		Acquire::Retries "3";
	CONF
	lab_apt "$root" apt-get -q update >"$root/log" 2>&1 || {
		cat "$root/log" >&2
		lab_die "cannot read the package lists of $suite"
	}
}

lab_apt() {
	local root=$1
	shift
	APT_CONFIG=$root/apt.conf "$@"
}

# lab_apt_unpack ROOT DEST PACKAGE...: downloads exactly these packages and unpacks
# them in DEST without installing.
lab_apt_unpack() {
	local root=$1 dest=$2 deb
	shift 2
	lab_say "downloading $*"
	(cd "$root/archives" && lab_apt "$root" apt-get -q download "$@") >"$root/log" 2>&1 || {
		cat "$root/log" >&2
		lab_die "cannot download $*"
	}
	for deb in "$root"/archives/*.deb; do
		dpkg-deb --extract "$deb" "$dest"
		rm "$deb"
	done
}
