# SPDX-License-Identifier: GPL-2.0-only
# For ../selftest to look at: output, files, arguments, status.
echo "args:$#:$1:$2"
echo "with:$(cat "/mnt/with/a file")" >&2
/mnt/with/script >&2
echo "variable:$LAB_SELFTEST"
[ "$(id -u)" = 0 ] || exit 9
mkdir "$OUT/dir"
echo left >"$OUT/dir/file"
exit 7
