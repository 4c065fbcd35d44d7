import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { describeFlags, readArguments } from '../dist/command/flags.js'
import { command, folder } from './support.js'

const FORMATS = ['csv', 'tsv', 'copy', 'ndjson', 'json', 'npy', 'npz', 'safetensors', 'parquet', 'arrow', 'arrows']

function scriptFor(shell: string): string {
  const { status, stdout, stderr } = command(['--completions', shell])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

/** Runs a bash script that sources another, `$1`. */
function inBash(script: string, source: string): string {
  const args = ['--norc', '-c', script, 'bash', source]
  const { status, stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

/** The help text of every flag. */
const HELP = describeFlags().map(({ help }) => help)

describe('--completions bash', () => {
  const script = scriptFor('bash')
  const words = (line: string[]) =>
    inBash(
      `source <(printf %s "$1"); COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _softmax; printf '%s\\n' "\${COMPREPLY[@]}"`,
      script,
    ).match(/.+/g) ?? []

  it.each([
    [['softmax', '--fr'], ['--from']],
    [['softmax', '--no-k'], ['--no-keep']],
    [['softmax', 'in.csv', '--prog'], ['--progress']],
    [['softmax', '--from', ''], FORMATS],
    [
      ['softmax', '-t', 'arr'],
      ['arrow', 'arrows'],
    ],
    [['softmax', '--from', '='], FORMATS],
    [
      ['softmax', '--from', '=', 'n'],
      ['ndjson', 'npy', 'npz'],
    ],
    [
      ['softmax', '--missing', ''],
      ['error', '-inf', 'nan'],
    ],
    [['softmax', '--emit', 'log'], ['logsumexp']],
    [
      ['softmax', '--emit', 'lo'],
      ['logsumexp', 'loss'],
    ],
    [['softmax', '-e', 'probs,label,con'], ['probs,label,confidence']],
    [['softmax', '--output', ''], []],
    [['softmax', 'eva'], ['evaluate']],
    [['softmax', 'in.csv', 'eva'], []],
    [['softmax', 'explain', 'E_CELL_T'], ['E_CELL_TYPE']],
    [
      ['softmax', 'help', 'set'],
      ['set', 'set_size'],
    ],
    [['softmax', 'help', 'eva'], ['evaluate']],
    [['softmax', 'help', 'log_'], ['log_loss']],
    [['softmax', 'in.csv', ''], []],
  ])('of %j are %j', (line, expected) => {
    expect(words(line)).toEqual(expected)
  })

  it('of the first argument are verbs, and names of files as they are', () => {
    const cwd = folder({ 'my file.csv': '', 'help.csv': '' })
    const line = (word: string) => `cd '${cwd}'; source <(printf %s "$1"); COMP_WORDS=(softmax '${word}'); COMP_CWORD=1
      _softmax; printf '%s\\n' "\${COMPREPLY[@]}"`
    expect(inBash(line(''), script).trimEnd().split('\n').sort()).toEqual(
      ['calibrate', 'evaluate', 'explain', 'help', 'help.csv', 'my file.csv'].sort(),
    )
    expect(inBash(line('hel'), script)).toBe('help\nhelp.csv\n')
  })

  it('are all flags there are, and no other', () => {
    const flags = words(['softmax', '--'])
    const known = flags.filter((flag) => {
      try {
        readArguments([`${flag}=?`])
      } catch (error) {
        return (error as { code: string }).code !== 'E_FLAG'
      }
      return true
    })
    const inHelp = command(['--help', 'all']).stdout.matchAll(/^ {2}(?:-\w, | {4})--(\[no-\])?([\w-]+)/gm)
    const expected = Array.from(inHelp, ([, both, name]) => (both ? [`--${name}`, `--no-${name}`] : [`--${name}`]))
    expect(known).toEqual(flags)
    expect(flags.sort()).toEqual(expected.flat().sort())
  })

  it('are for the command, and names of files where there are no others', () => {
    const reported = inBash('source <(printf %s "$1"); complete -p softmax', script)
    expect(reported).toBe('complete -o default -F _softmax softmax\n')
  })
})

describe('--completions zsh', () => {
  const script = scriptFor('zsh')
  /** The specs passed to zsh's own function, here replaced by one of bash: their quoting is the same. */
  const specs = inBash(
    `_arguments() { printf '%s\\n' "$@"; }; compdef() { _softmax; }; source <(printf %s "$1")`,
    script,
  ).match(/.+/g)!

  it('are reported as a function that zsh finds by the first line, or that is read', () => {
    expect(script).toMatch(/^#compdef softmax\n/)
    expect(script).toMatch(/ compdef _softmax softmax; fi\n$/)
  })

  it('are specs of flags with their help, and of inputs', () => {
    const [option, ...flags] = specs
    expect(option).toBe('-s')
    expect(flags.pop()).toBe('*:input:_files')
    expect(flags.pop()).toMatch(
      /^2:input:\{ case \$words\[2\] in help\) compadd -- all topics man .*explain\) compadd -- E_CELL .*_files ;; esac \}$/,
    )
    expect(flags.pop()).toBe('1:input:{ _describe verb verbs; _files }')
    const text = String.raw`(?:[^\[\]:\\]|\\[\[\]:\\])+`
    const spec = new RegExp(
      String.raw`^(?:-\w\+?|--[\w-]+=?)\[(${text})\](?::[^:]+:(?:_files|\(.+\)|_values -s , .+))?$`,
    )
    const helps = flags.map((flag) => spec.exec(flag)?.[1]?.replace(/\\(.)/g, '$1') ?? flag)
    expect([...new Set(helps)]).toEqual([...new Set(HELP)])
  })

  it('know which flags take a value, and which values there are', () => {
    expect(specs).toContain(`-t+[output format]:${FORMATS.join('|')}:(${FORMATS.join(' ')})`)
    expect(specs.filter((spec) => spec.startsWith('--missing'))).toEqual([
      expect.stringMatching(/^--missing=\[how to read a missing logit\\:[^\]]*\]:error\|-inf\|nan:\(error -inf nan\)$/),
    ])
    expect(specs.filter((spec) => spec.startsWith('--emit='))[0]).toMatch(/:_values -s , LIST probs label index /)
    expect(specs).toContain('--version[print the version and exit]')
    expect(specs.filter((spec) => spec.startsWith('--rejects'))[0]).toMatch(/^--rejects=\[.*\]:FILE:_files$/)
  })
})

describe('--completions fish', () => {
  const all = scriptFor('fish').trimEnd().split('\n')
  const lines = all.filter((line) => !line.startsWith('complete -c softmax -n '))

  it('have verbs, and what may stand behind some', () => {
    const others = all.filter((line) => !lines.includes(line))
    expect(others.map((line) => / -a '?(\S+)/.exec(line)?.[1])).toEqual([
      'evaluate',
      'calibrate',
      'help',
      'explain',
      'all',
      'E_CELL',
    ])
  })

  it('are lines of `complete` with the help in quotes', () => {
    const text = String.raw`'((?:[^'\\]|\\['\\])*)'`
    const line = new RegExp(`^complete -c softmax(?: -s \\w)? -l [\\w-]+(?: -r| -x -a '[^'\\\\]+')? -d ${text}$`)
    const helps = lines.map((found) => line.exec(found)?.[1]?.replace(/\\(.)/g, '$1') ?? found)
    expect([...new Set(helps)]).toEqual([...new Set(HELP)])
  })

  it('know which flags take a value, and which values there are', () => {
    expect(lines).toContain(`complete -c softmax -s f -l from -x -a '${FORMATS.join(' ')}' -d 'input format'`)
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^complete -c softmax -l missing -x -a 'error -inf nan' -d 'how to read a missing logit: [^']*'$/,
      ),
    )
    expect(lines).toContain("complete -c softmax -l no-header -d 'whether the first line is a header'")
    expect(lines).toContain("complete -c softmax -l quote -r -d 'quote character; none treats quotes as text'")
  })
})
