/** Shell completion scripts, generated from the table of options. */
import type { SettingsOf } from '../core/options.js'
import { describeFlags } from './flags.js'

type Shell = NonNullable<SettingsOf<'command'>['completions']>
type Flags = ReturnType<typeof describeFlags>

/** The generator for each shell. */
const SCRIPTS: Record<Shell, (flags: Flags) => string> = { bash, zsh, fish }

/** The script for a shell. File names complete the inputs, and flags whose values are not a fixed list. */
export function completions(shell: Shell): string {
  return SCRIPTS[shell](describeFlags())
}

/** Bash splits `--from=csv` into three words. */
function bash(flags: Flags): string {
  const cases = flags.flatMap(({ short, names, values, listed }) => {
    const patterns = [...(short ? [`-${short}`] : []), ...names.map((name) => `--${name}`)].join('|')
    const words = values.join(' ')
    if (words === '') return []
    if (!listed) return `    ${patterns}) COMPREPLY=($(compgen -W '${words}' -- "$word")); return ;;`
    return `    ${patterns}) COMPREPLY=($(compgen -P "$before" -W '${words}' -- "\${word##*,}")); return ;;`
  })
  const all = flags.flatMap(({ names }) => names.map((name) => `--${name}`)).join(' ')
  return `_softmax() {
  local word=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD-1]} before=
  if [[ $word == = ]]; then word=
  elif [[ $flag == = ]]; then flag=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  [[ $word == *,* ]] && before=\${word%,*},
  case $flag in
${cases.join('\n')}
  esac
  [[ $word == -* ]] && COMPREPLY=($(compgen -W '${all}' -- "$word"))
}
complete -o default -F _softmax softmax
`
}

/** The script may be sourced, or be a file `_softmax` in a folder of zsh's `fpath`. */
function zsh(flags: Flags): string {
  const specs = flags.flatMap(({ short, names, help, place, values, listed }) => {
    const words = values.join(' ')
    const action = listed ? `_values -s , ${place} ${words}` : words === '' ? '_files' : `(${words})`
    const value = place === undefined ? '' : `:${place.replaceAll(':', '\\:')}:${action}`
    const text = `[${help.replace(/[\\\]:[]/g, '\\$&')}]${value}`
    const forms = [
      ...(short ? [`-${short}${place === undefined ? '' : '+'}`] : []),
      ...names.map((name) => `--${name}${place === undefined ? '' : '='}`),
    ]
    return forms.map((form) => `    ${quoted(form + text)} \\`)
  })
  return `#compdef softmax
_softmax() {
  _arguments -s \\
${specs.join('\n')}
    '*:input:_files'
}
if [[ $funcstack[1] == _softmax ]]; then _softmax "$@"; else compdef _softmax softmax; fi
`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function fish(flags: Flags): string {
  const lines = flags.flatMap(({ short, names, help, place, values, listed }) => {
    const words = values.join(' ')
    const list = listed ? `(__fish_append , ${words})` : words
    const value = place === undefined ? '' : words === '' ? ' -r' : ` -x -a '${list}'`
    const text = `'${help.replace(/['\\]/g, '\\$&')}'`
    return names.map((name) => `complete -c softmax${short ? ` -s ${short}` : ''} -l ${name}${value} -d ${text}`)
  })
  return `${lines.join('\n')}\n`
}
