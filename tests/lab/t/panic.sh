# SPDX-License-Identifier: GPL-2.0-only
echo "before the end"
sleep 1
echo c >/proc/sysrq-trigger
