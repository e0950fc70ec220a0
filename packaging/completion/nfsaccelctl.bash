# SPDX-License-Identifier: GPL-2.0-only
# bash completion of nfsaccelctl(8). The commands are its own table, put in when it is built.
_nfsaccelctl() {
	local commands=(
@COMMANDS@
	)
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} line="" args=""
	local entry name rest i
	COMPREPLY=()
	# the words of the command so far, without options
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--socket | --interval | --count | --sort | --export | --file) i=$((i + 1)) ;;
		-*) ;;
		*) line+="${COMP_WORDS[i]} " ;;
		esac
	done
	for entry in "${commands[@]}"; do
		[ "${entry%%|*} " != "$line" ] || args=${entry#*|} args=${args%%|*}
	done
	case $before in
	--socket | --export | --file)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--sort)
		rest=${args#*--sort } rest=${rest%%]*}
		mapfile -t COMPREPLY < <(compgen -W "${rest//\// }" -- "$word")
		return
		;;
	--interval | --count) return ;;
	esac
	if [[ $word == -* ]]; then
		rest=$(grep -oE -- '--[a-z]+' <<<"$args")
		mapfile -t COMPREPLY < <(compgen -W "--json --socket --help $rest" -- "$word")
		return
	fi
	for entry in "${commands[@]}"; do
		name=${entry%%|*}
		[[ $name == "$line"* ]] || continue
		rest=${name#"$line"}
		rest=${rest%% *}
		[[ $rest == "$word"* && " ${COMPREPLY[*]} " != *" $rest "* ]] && COMPREPLY+=("$rest")
	done
	case $line in
	"policy check " | "cache pin " | "cache unpin ") mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	esac
}
complete -F _nfsaccelctl nfsaccelctl
