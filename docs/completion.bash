# SPDX-License-Identifier: Apache-2.0
# bash completion of postern: commands, actions, options and values are those that --help names.

_postern_help() { # _postern_help WORD...
	command "$_postern_program" "$@" --help 2>/dev/null </dev/null
}

# The commands, or the actions of a command: the terms of its list, and what its usage begins with.
_postern_names() { # _postern_names WORD...
	_postern_help "$@" | awk -v words="postern${*:+ $*} " '
		{ line = $0; sub(/^[Uu]sage: /, "", line); sub(/^ +/, "", line) }
		index(line, words) == 1 {
			split(substr(line, length(words) + 1), next_words, " ")
			if (next_words[1] ~ /^[a-z][a-z-]*$/) print next_words[1]
		}
		/^  [a-z]/ {
			sub(/  .*/, "", line)
			if (line !~ /^[a-z-]+,/) { sub(/ .*/, "", line) }
			sub(/ [^a-z].*/, "", line)
			gsub(/, /, "\n", line)
			print line
		}' | sort -u
}

# The values of an option that its help lists: --pace real|max.
_postern_values() { # _postern_values OPTION WORD...
	_postern_help "${@:2}" | grep -oE -- "(^|[ [])$1 [a-z-]+(\|[a-z-]+)+" | head -n 1 |
		sed "s/.*$1 //" | tr '|' ' '
}

# The words of an axis, of the policy file that stands on the line.
_postern_axis() { # _postern_axis NAME
	local file
	for file in "${COMP_WORDS[@]}"; do
		[[ $file == *.yaml && -r $file ]] || continue
		awk -v axis="$1" '
			$1 == "-" && $2 == "axis:" { here = $3 == axis }
			here && $1 == "values:" { listed = 1; sub(/.*\[/, "") }
			listed { line = $0; listed = line !~ /\]/; gsub(/[],]/, " ", line); print line }' "$file"
	done
}

_postern() {
	local word=$2 before=$3 names words=() _postern_program=$1 i
	COMPREPLY=()
	# The command and its actions, as far as they are there.
	for ((i = 1; i < COMP_CWORD; i++)); do
		names=$(_postern_names "${words[@]}")
		[[ " ${names//$'\n'/ } " == *" ${COMP_WORDS[i]} "* ]] || break
		words+=("${COMP_WORDS[i]}")
	done
	if [[ $before == --* && $before != --help ]]; then
		case $before in
		--category | --known-by | --age-band | --direction | --environment)
			names=$(_postern_axis "${before#--}") ;;
		*) names=$(_postern_values "$before" "${words[@]}") ;;
		esac
		if [[ -n $names ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$names" -- "$word")
			return
		fi
	fi
	if [[ $word == -* ]]; then
		names=$({ _postern_help "${words[@]}" && echo --help; } | grep -oE -- '--[a-z][a-z-]*' | sort -u)
		mapfile -t COMPREPLY < <(compgen -W "$names" -- "$word")
		return
	fi
	# Where an action is due there is one; elsewhere a file is likely.
	if ((i == COMP_CWORD)); then
		mapfile -t COMPREPLY < <(compgen -W "$(_postern_names "${words[@]}")" -- "$word")
	fi
	((${#COMPREPLY[@]})) || mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

complete -o filenames -F _postern postern
