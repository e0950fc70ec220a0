# SPDX-License-Identifier: GPL-2.0-only
# The guest library: sourced before each SCRIPT. What it offers is in ../README.md.

LAB_RUN=/run/lab
. /lab/env
. /lab/report.sh
. /lab/net.sh
. /lab/server.sh
. /lab/accel.sh
. /lab/measure.sh
