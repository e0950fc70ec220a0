# SPDX-License-Identifier: GPL-2.0-only
# bash completion of nfsaccelctl(8). The commands are its own table, put in when it is built.
_nfsaccelctl() {
	local commands=(
@COMMANDS@
	)
	local word=${COMP_WORDS[COMP_CWORD]} line="" entry name rest i
	COMPREPLY=()
	[ "${COMP_WORDS[COMP_CWORD - 1]}" != --socket ] || {
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
	}
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--json --socket --interval --help' -- "$word")
		return
	fi
	# the words of the command so far, without options
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--socket | --interval) i=$((i + 1)) ;;
		-*) ;;
		*) line+="${COMP_WORDS[i]} " ;;
		esac
	done
	for entry in "${commands[@]}"; do
		name=${entry%%|*}
		[[ $name == "$line"* ]] || continue
		rest=${name#"$line"}
		rest=${rest%% *}
		[[ $rest == "$word"* && " ${COMPREPLY[*]} " != *" $rest "* ]] && COMPREPLY+=("$rest")
	done
	if [ "$line" = "policy check " ]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}
complete -F _nfsaccelctl nfsaccelctl
