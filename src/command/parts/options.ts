/** What outputs depend on: the version, and the options that affect their bytes. */
import { labelNames } from '../../core/labels.js'
import { optionText } from '../../core/option-words.js'
import { items, namesIn, OPTIONS, type Option, type SettingsOf } from '../../core/options.js'
import { sha256 } from './digest.js'

/** Options with non-default values, and the version. */
export interface Made {
  version: string
  options: Record<string, unknown>
}

/** Options that do not affect outputs. Whether bad rows stop the run follows from the number of rejected rows. */
const WITHOUT_EFFECT = new Set([
  'decompress',
  'jobs',
  'lane',
  'maxErrors',
  'onError',
  'onReject',
  'requireRows',
  'signal',
  'source',
])

/** A longer value is replaced by its digest. */
const LONGEST = 200

/** The version and options that the outputs of a run depend on. */
export function madeWith(settings: SettingsOf<'command'>, version: string): Made {
  const { labels, emit } = settings
  // A file of names may change between runs.
  const names = labels === undefined ? undefined : labelNames(labels)
  const given: Record<string, unknown> = { ...settings, labels: names, emit: asDefault(emit) }
  const requested = namesIn('bytes').filter((name) => !WITHOUT_EFFECT.has(name))
  const entries = requested.flatMap((name) => {
    const value = given[name]
    const { default: fallback } = (OPTIONS as Record<string, Option<unknown>>)[name]!
    return value === undefined || value === fallback ? [] : [[name, shortOf(value)]]
  })
  return { version, options: Object.fromEntries(entries) }
}

/** The value of `emit`, normalized to the default if equivalent. */
function asDefault(emit: SettingsOf<'command'>['emit']): unknown {
  const { default: fallback } = OPTIONS.emit
  return items(emit).join() === fallback?.join() ? fallback : emit
}

function shortOf(value: unknown): unknown {
  const text = JSON.stringify(value)
  return text.length <= LONGEST ? value : `sha256:${sha256().update(text).digest('hex')}`
}

/** The difference between two runs, as a message names it; undefined if there is none. */
export function differenceOf(before: Made, now: Made): string | undefined {
  if (before.version !== now.version) return `by version ${before.version}, but this is ${now.version}`
  const names = Object.keys({ ...before.options, ...now.options })
  const differs = (name: string) => JSON.stringify(before.options[name]) !== JSON.stringify(now.options[name])
  const name = names.find(differs)
  return name === undefined ? undefined : `${givenAs(name, before, now)}, but this run is ${givenAs(name, now, before)}`
}

/** An option as it was given: `with --temperature 2`, or `without --temperature`. */
function givenAs(name: string, { options }: Made, other: Made): string {
  const value = options[name]
  const { flags } = (OPTIONS as Record<string, Option<unknown>>)[name]!
  if (value === undefined && flags) return `without --${flags[0]!.name}`
  if (value === undefined)
    return `without ${other.options[name] === false ? optionText(name, false) : optionText(name)}`
  const flag = flags?.find(({ sets }) => sets === value)
  if (flag) return `with --${flag.name}`
  const isPlain = typeof value === 'number' || typeof value === 'boolean'
  return `with ${optionText(name, isPlain ? value : typeof value === 'string' ? value : JSON.stringify(value))}`
}
