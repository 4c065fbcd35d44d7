/** The command's flags, derived from `OPTIONS`: parses arguments, and describes flags for the help and the README. */
import { parseArgs } from 'node:util'
import { SoftmaxError } from '../core/errors.js'
import { kebab, optionText } from '../core/option-words.js'
import { FUNCTIONS, OPTIONS, type Option, type OptionsOf, proposalFor, refusal } from '../core/options.js'

/** A parsed argument list. */
interface Arguments {
  inputs: string[]
  options: OptionsOf<'command'>
}

interface Flag {
  /** The key of {@link OPTIONS}. */
  option: string
  entry: Option<unknown>
  /** The value that the flag sets; undefined if it takes one. */
  sets: unknown
}

/** Flags by name; a boolean flag has two names, such as `--header` and `--no-header`. */
const FLAGS = new Map<string, Flag>(
  Object.entries(OPTIONS as Record<string, Option<unknown>>)
    .filter(([, { scopes }]) => scopes.includes('command'))
    .flatMap(([option, entry]): [string, Flag][] => {
      if (entry.flags) return entry.flags.map(({ name, sets }) => [name, { option, entry, sets }])
      const name = kebab(option)
      const takesValue = entry.kind.placeholder !== undefined
      const flag: [string, Flag] = [name, { option, entry, sets: takesValue ? undefined : true }]
      return takesValue && !entry.negation ? [flag] : [flag, [`no-${name}`, { option, entry, sets: false }]]
    }),
)

/** Parses an argument list. Throws E_FLAG for an unknown flag, E_OPTION for a missing or invalid value. */
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

/**
 * The last occurrence of a flag wins, so that shell aliases can have defaults; a repeated list would silently lose
 * items.
 */
const LISTS = new Set(['emit', 'keep', 'labels', 'logits', 'null', 'types'])

function requireOnce({ option, entry: { flags } }: Flag, before: unknown, value: unknown): void {
  if (before === undefined || String(before) === String(value)) return
  if (flags) {
    const [one, other] = [before, value].map((value) => `--${flags.find(({ sets }) => sets === value)!.name}`)
    throw new SoftmaxError('E_CONFLICT', { reason: `${one} and ${other} are mutually exclusive; leave one out` })
  }
  if (!LISTS.has(option) || before === false || value === false) return
  const reason = `${optionText(option)} is given twice; write one list: ${optionText(option, `${before},${value}`)}`
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
  if (sets === undefined) throw refusal(rawName, text, kind)
  throw new SoftmaxError('E_OPTION', { option: rawName, value: text, expected: 'no value' })
}

/** The longest flag with the names of its values in the README: they would make the other columns narrow. */
const WIDEST_FLAG = 40

/** The README's table of options, in Markdown. */
export function optionTable(): string {
  const rows = describeFlags().map(({ short, name, briefName, option, scopes, help, fallbackText }) => {
    const shown = name.length > WIDEST_FLAG ? briefName : name
    const flag = `\`${short ? `-${short}, ` : ''}--${shown.replaceAll('|', '\\|')}\``
    const functions = Object.entries(FUNCTIONS).flatMap(([scope, name]) =>
      scopes.includes(scope as never) ? [name] : [],
    )
    const api = functions.length > 0 ? `\`${option}\`: ${functions.join(' ')}` : ''
    return `| ${flag} | ${api} | ${help.replaceAll('|', '\\|')} | ${fallbackText || ''} |`
  })
  return ['| flag | in the API | meaning | default |', '|---|---|---|---|', ...rows].join('\n')
}

/**
 * The description of each flag for help, README and completions; a flag that is on by default is listed as its
 * negation.
 */
export function describeFlags() {
  const entries = Object.entries(OPTIONS as Record<string, Option<unknown>>)
  return entries
    .filter(([, { scopes }]) => scopes.includes('command'))
    .flatMap(([option, entry]) => {
      const { flags, negation } = entry
      const described = describe(option, entry)
      const describeEach = (flag: ValueFlag) => ({ ...described, ...describeValue(flag) })
      if (flags) return flags.map(describeEach)
      return negation
        ? [described, describeEach({ name: `no-${described.name.split(' ')[0]}`, ...negation })]
        : [described]
    })
}

/** A flag that sets one value of an option. */
type ValueFlag = Omit<NonNullable<Option<unknown>['flags']>[number], 'sets'>

/** The description of one flag. */
export type FlagText = ReturnType<typeof describeFlags>[number]

function describe(option: string, entry: Option<unknown>) {
  const { kind, scopes, short, default: fallback, defaultText: fallbackText, defaultOf = {} } = entry
  const { group, only, brief, details, verbs = [] } = entry
  const plain = kebab(option)
  const { placeholder, word = placeholder, values = [], listed } = kind
  const onOrOff = placeholder === undefined
  const negated = `no-${plain}`
  const names = !onOrOff || fallback === false ? [plain] : fallback === true ? [negated] : [plain, negated]
  const [name, briefName] =
    names.length > 1
      ? both(`[no-]${plain}`)
      : onOrOff
        ? both(names[0]!)
        : [`${plain} ${placeholder}`, `${plain} ${word}`]
  const text = fallbackText ?? (onOrOff ? '' : String(fallback))
  const inHelp = { scopes, group, only, brief, briefName, details, verbs, defaultOf, ...helpTexts(entry) }
  return {
    option,
    short,
    names,
    name,
    placeholder,
    values,
    listed: listed !== undefined,
    expected: kind.expected,
    fallbackText: text,
    ...inHelp,
  }
}

/** The help of an option, which names the verb that it requires, and its help under each verb. */
function helpTexts({ only, help, helpOf = {} }: Option<unknown>) {
  return only === undefined
    ? { help, helpOf }
    : { help: `softmax ${only}: ${help}`, helpOf: { [only]: help, ...helpOf } }
}

const both = (name: string) => [name, name] as const

function describeValue({ name, help, brief, verbs = [] }: ValueFlag) {
  return {
    names: [name],
    name,
    briefName: name,
    placeholder: undefined,
    values: [],
    listed: false,
    help,
    details: undefined,
    brief,
    verbs,
    fallbackText: '',
  }
}
