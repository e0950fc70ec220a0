# SPDX-License-Identifier: GPL-2.0-only
# Checks, counted; and small things every test needs.

lab_passed=0 lab_failed=0 lab_skipped=0

lab_note() { echo "# $*" >&2; }

# lab_fail MSG: gives up at once.
lab_fail() {
	echo "lab: FAILED: $*" >&2
	exit 1
}

# lab_check DESC CMD...: CMD must succeed. Goes on after a failure and returns it.
lab_check() {
	local desc=$1
	shift
	if "$@"; then
		lab_passed=$((lab_passed + 1))
		echo "ok - $desc"
	else
		lab_failed=$((lab_failed + 1))
		echo "not ok - $desc ($*)"
		return 1
	fi
}

# lab_refuse DESC CMD...: CMD must fail.
lab_refuse() {
	local desc=$1
	shift
	lab_check "$desc" lab_not "$@"
}

lab_not() { ! "$@"; }

# lab_skip DESC WHY: says that a check cannot be made here.
lab_skip() {
	lab_skipped=$((lab_skipped + 1))
	echo "skip - $1: $2"
}

# lab_done: the last command of a test.
lab_done() {
	echo "$lab_passed passed, $lab_failed failed, $lab_skipped skipped"
	if [ "$lab_failed" -ne 0 ] || [ $((lab_passed + lab_skipped)) -eq 0 ]; then
		exit 1
	fi
	exit 0
}

# lab_wait SECONDS CMD...: repeats CMD until it succeeds.
lab_wait() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.1
	done
}

# lab_expect_warning REGEX (grep -E): kernel complaints which match are no failure.
lab_expect_warning() { echo "$1" >>"$LAB_RUN/expected"; }
