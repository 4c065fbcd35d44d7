/** The command's flags, as `OPTIONS` has them: read from an argument list, listed in the help and in the README's table. */
import { parseArgs } from 'node:util'
import { SoftmaxError } from '../core/errors.js'
import { kebab, optionText } from '../core/option-words.js'
import { OPTIONS, type Option, type OptionsOf, proposalFor } from '../core/options.js'

/** What an argument list asks for. */
interface Arguments {
  inputs: string[]
  options: OptionsOf<'command'>
}

interface Flag {
  /** The key of {@link OPTIONS}. */
  option: string
  entry: Option<unknown>
  /** The value the flag stands for on its own; undefined where it takes one. */
  sets: unknown
}

/** Flags by name; one that is on or off goes by two names, `--keep` and `--no-keep`. */
const FLAGS = new Map<string, Flag>(
  Object.entries(OPTIONS as Record<string, Option<unknown>>)
    .filter(([, { scopes }]) => scopes.includes('command'))
    .flatMap(([option, entry]): [string, Flag][] => {
      if (entry.flags) return entry.flags.map(({ name, sets }) => [name, { option, entry, sets }])
      const name = kebab(option)
      if (entry.kind.place !== undefined) return [[name, { option, entry, sets: undefined }]]
      return [
        [name, { option, entry, sets: true }],
        [`no-${name}`, { option, entry, sets: false }],
      ]
    }),
)

/** Reads an argument list. Throws E_FLAG for a flag it does not know, E_OPTION for a value that is missing or wrong. */
export function readArguments(argv: string[]): Arguments {
  const config = Object.fromEntries([...FLAGS].map(([name, flag]) => [name, parseConfig(name, flag)]))
  const { tokens, positionals } = parseArgs({
    args: argv,
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const options: Record<string, unknown> = {}
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const flag = FLAGS.get(token.name)
    if (!flag) throw new SoftmaxError('E_FLAG', { flag: token.rawName, near: proposalFor(token.rawName, 'command') })
    const value = valueOf(flag, token.rawName, token.value)
    requireOnce(flag, options[flag.option], value)
    options[flag.option] = value
  }
  return { inputs: positionals, options: options as OptionsOf<'command'> }
}

/** Of most flags the last one counts, so that an alias may have some; of lists it would leave out the items before. */
const LISTS = new Set(['emit', 'labels', 'logits', 'null'])

function requireOnce({ option, entry: { flags } }: Flag, before: unknown, value: unknown): void {
  if (before === undefined || String(before) === String(value)) return
  if (flags) {
    const [one, other] = [before, value].map((value) => `--${flags.find(({ sets }) => sets === value)!.name}`)
    throw new SoftmaxError('E_CONFLICT', { reason: `${one} and ${other} exclude each other; leave one out` })
  }
  if (!LISTS.has(option)) return
  const reason = `${optionText(option)} is given twice; write one list, as ${optionText(option, `${before},${value}`)}`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

function parseConfig(name: string, { entry, sets }: Flag) {
  const short = entry.short !== undefined && !name.startsWith('no-') ? { short: entry.short } : {}
  return { type: sets === undefined ? ('string' as const) : ('boolean' as const), ...short }
}

function valueOf({ entry, sets }: Flag, rawName: string, text: string | undefined): unknown {
  const { kind } = entry
  if (sets !== undefined && text === undefined) return sets
  const value = sets === undefined && text !== undefined ? kind.read(text) : undefined
  if (value !== undefined && kind.accepts(value)) return value
  const expected = sets === undefined ? kind.expected : 'no value'
  throw new SoftmaxError('E_OPTION', { option: rawName, value: text, expected })
}

/** The help, 80 columns wide. */
export function helpText(): string {
  const rows = describeFlags().map(({ short, name, help, fallbackText }) => {
    const lead = `  ${short ? `-${short}, ` : '    '}--${name}`
    const lines = wrap(fallbackText ? `${help} (${fallbackText})` : help, 80 - HELP_INDENT)
    if (lead.length >= HELP_INDENT - 1) lines.unshift('')
    return lines
      .map((line, index) => (index === 0 ? lead : '').padEnd(HELP_INDENT) + line)
      .map((line) => line.trimEnd())
      .join('\n')
  })
  return `${USAGE}\n\nOptions:\n${rows.join('\n')}\n\n${STATUSES}\n`
}

/** The README's table of options, in Markdown. */
export function optionTable(): string {
  const rows = describeFlags().map(({ short, name, option, help, fallbackText }) => {
    const flag = `\`${short ? `-${short}, ` : ''}--${name.replaceAll('|', '\\|')}\``
    return `| ${flag} | \`${option}\` | ${help.replaceAll('|', '\\|')} | ${fallbackText || ''} |`
  })
  return ['| flag | in the API | meaning | default |', '|---|---|---|---|', ...rows].join('\n')
}

const HELP_INDENT = 26

const USAGE = `Usage: softmax [options] [input ...]
       softmax evaluate --truth COLUMN [options] [input ...]
       softmax calibrate --truth COLUMN -o FILE [options] [input ...]

Reads rows of logits, writes class probabilities and the argmax label.
With no input, or "-", reads standard input. Several inputs make one output, and
so does a directory of parts: files called part-* or like a format. Into a
folder, which ends with /, each part is scored by itself.

  softmax logits.csv -o scored.csv
  softmax logits/ -o scored/ --resume
  model-dump | softmax --labels dog,cat,boat | load-into-warehouse
  softmax evaluate validation.csv --truth label
  softmax calibrate validation.csv --truth label -o calibration.json
  softmax logits.csv --calibration calibration.json -o scored.csv`

const STATUSES = `Exit status: 0 every row is accounted for, 1 bad data, 2 usage, 3 input or
output failed, 70 internal error, 128+n stopped by signal n.`

/** What help, README and shells say of each flag; one that is on by default goes by its negation. */
export function describeFlags() {
  const entries = Object.entries(OPTIONS as Record<string, Option<unknown>>)
  return entries
    .filter(([, { scopes }]) => scopes.includes('command'))
    .flatMap(([option, entry]) => {
      const { flags } = entry
      return flags
        ? flags.map((flag) => ({ ...describe(option, entry), ...describeValue(flag) }))
        : [describe(option, entry)]
    })
}

function describe(
  option: string,
  { kind, short, default: fallback, help, defaultText: fallbackText }: Option<unknown>,
) {
  const plain = kebab(option)
  const { place, values = [], listed = false } = kind
  const onOrOff = place === undefined
  const negated = `no-${plain}`
  const names = !onOrOff || fallback === false ? [plain] : fallback === true ? [negated] : [plain, negated]
  const name = names.length > 1 ? `[no-]${plain}` : place === undefined ? names[0]! : `${plain} ${place}`
  const text = fallbackText ?? (onOrOff ? '' : String(fallback))
  return { option, short, names, name, place, values, listed, help, fallbackText: text }
}

/** A flag that stands for one value of an option. */
function describeValue({ name, help }: { name: string; help: string }) {
  return { names: [name], name, place: undefined, values: [], listed: false, help, fallbackText: '' }
}

function wrap(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + word.length + 1 > width && lines.at(-1) !== '') lines.push('')
    lines[lines.length - 1] += (lines.at(-1) === '' ? '' : ' ') + word
  }
  return lines
}
