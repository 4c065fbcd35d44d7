/** Shell completion scripts, generated from the tables of options and verbs. */
import { CODES } from '../core/errors.js'
import type { SettingsOf } from '../core/options.js'
import { describeFlags } from './flags.js'
import { SUBJECTS } from './help/subjects.js'
import { TERMS } from './help/terms.js'
import { type ABOUT, VERBS } from './verbs.js'

type Shell = NonNullable<SettingsOf<'command'>['completions']>
type Flags = ReturnType<typeof describeFlags>

/** The generator for each shell. */
const SCRIPTS: Record<Shell, (flags: Flags) => string> = { bash, zsh, fish }

/** The script for a shell. File names complete inputs, and flags whose values are not a fixed list. */
export function completions(shell: Shell): string {
  return SCRIPTS[shell](describeFlags())
}

/** What the first argument may be besides an input, and what may follow it. */
const WORDS: Readonly<Record<string, string>> = {
  evaluate: 'compare predictions with true classes',
  calibrate: 'find the calibration temperature of a model',
  help: 'explain a verb, an option, a column or a metric',
  explain: 'print the cause of an error and the fix',
} satisfies Record<(typeof VERBS)[number] | (typeof ABOUT)[number], string>

function topics(flags: Flags): Readonly<Record<(typeof ABOUT)[number], string>> {
  const codes = Object.keys(CODES).join(' ')
  const names = flags.flatMap(({ names }) => names)
  return {
    help: [...new Set(['all', 'topics', 'man', ...VERBS, ...names, ...TERMS, ...Object.keys(SUBJECTS)]), codes].join(
      ' ',
    ),
    explain: codes,
  }
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
  const about = Object.entries(topics(flags)).map(
    ([verb, words]) => `    ${verb}) COMPREPLY=($(compgen -W '${words}' -- "$word")) ;;`,
  )
  return `_softmax() {
  local word=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD-1]} before=
  if [[ $word == = ]]; then word=
  elif [[ $flag == = ]]; then flag=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  [[ $word == *,* ]] && before=\${word%,*},
  case $flag in
${cases.join('\n')}
  esac
  [[ $word == -* ]] && COMPREPLY=($(compgen -W '${all}' -- "$word")) && return
  if ((COMP_CWORD == 1)); then
    local name
    COMPREPLY=($(compgen -W '${Object.keys(WORDS).join(' ')}' -- "$word"))
    while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$word")
    compopt -o filenames 2>/dev/null
  elif ((COMP_CWORD == 2)); then
    case \${COMP_WORDS[1]} in
${about.join('\n')}
    esac
  fi
  return 0
}
complete -o default -F _softmax softmax
`
}

/** The script can be sourced, or be a file `_softmax` in a directory of zsh's `fpath`. */
function zsh(flags: Flags): string {
  const specs = flags.flatMap(({ short, names, help, placeholder, values, listed }) => {
    const words = values.join(' ')
    const action = listed ? `_values -s , ${placeholder} ${words}` : words === '' ? '_files' : `(${words})`
    const value = placeholder === undefined ? '' : `:${placeholder.replaceAll(':', '\\:')}:${action}`
    const text = `[${help.replace(/[\\\]:[]/g, '\\$&')}]${value}`
    const forms = [
      ...(short ? [`-${short}${placeholder === undefined ? '' : '+'}`] : []),
      ...names.map((name) => `--${name}${placeholder === undefined ? '' : '='}`),
    ]
    return forms.map((form) => `    ${quoted(form + text)} \\`)
  })
  const verbs = Object.entries(WORDS)
    .map(([verb, does]) => quoted(`${verb}:${does}`))
    .join(' ')
  const about = Object.entries(topics(flags))
    .map(([verb, words]) => `${verb}) compadd -- ${words} ;;`)
    .join(' ')
  return `#compdef softmax
_softmax() {
  local -a verbs=(${verbs})
  _arguments -s \\
${specs.join('\n')}
    ${quoted(`1:input:{ _describe verb verbs; _files }`)} \\
    ${quoted(`2:input:{ case $words[2] in ${about} *) _files ;; esac }`)} \\
    '*:input:_files'
}
if [[ $funcstack[1] == _softmax ]]; then _softmax "$@"; else compdef _softmax softmax; fi
`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function fish(flags: Flags): string {
  const lines = flags.flatMap(({ short, names, help, placeholder, values, listed }) => {
    const words = values.join(' ')
    const list = listed ? `(__fish_append , ${words})` : words
    const value = placeholder === undefined ? '' : words === '' ? ' -r' : ` -x -a '${list}'`
    const text = `'${help.replace(/['\\]/g, '\\$&')}'`
    return names.map((name) => `complete -c softmax${short ? ` -s ${short}` : ''} -l ${name}${value} -d ${text}`)
  })
  const verbs = Object.entries(WORDS).map(
    ([verb, does]) => `complete -c softmax -n __fish_use_subcommand -a ${verb} -d '${does}'`,
  )
  const about = Object.entries(topics(flags)).map(
    ([verb, words]) => `complete -c softmax -n '__fish_seen_subcommand_from ${verb}' -f -a '${words}'`,
  )
  return `${[...lines, ...verbs, ...about].join('\n')}\n`
}
