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

/**
 * The difference between two runs, as a message names it; undefined if there is none. In arrays, the default of `emit`
 * is another.
 */
export function differenceOf(before: Made, now: Made, isOfArrays = false): string | undefined {
  if (before.version !== now.version) return `by version ${before.version}, but this is ${now.version}`
  const names = Object.keys({ ...before.options, ...now.options })
  const differs = (name: string) => JSON.stringify(before.options[name]) !== JSON.stringify(now.options[name])
  const name = names.find(differs)
  if (name === undefined) return undefined
  const { [name]: one } = before.options
  const { [name]: two } = now.options
  const byDefault = isOfArrays && name === 'emit' ? undefined : defaultText(name)
  const [made, run] = [valueText(name, one) ?? byDefault, valueText(name, two) ?? byDefault]
  const lacked = (other: unknown) =>
    `without ${flagOf(name, other) ?? optionText(name, other === false ? false : undefined)}`
  return `${made ? `with ${made}` : lacked(two)}, but this run ${run ? `has ${run}` : `is ${lacked(one)}`}`
}

/** An option as it was given, such as `--temperature 2`; undefined if it was not. */
function valueText(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined
  const isPlain = ['number', 'boolean', 'string'].includes(typeof value)
  return flagOf(name, value) ?? optionText(name, isPlain ? (value as string | number | boolean) : JSON.stringify(value))
}

/** `--temperature 1 (the default)`; undefined for an option without a default, or one that is given without a value. */
function defaultText(name: string): string | undefined {
  const { default: value, flags } = (OPTIONS as Record<string, Option<unknown>>)[name]!
  if (flags || value === undefined || typeof value === 'boolean') return undefined
  return `${optionText(name, String(value))} (the default)`
}

/** The flag that sets a value, such as `--log`. */
function flagOf(name: string, value: unknown): string | undefined {
  const flag = (OPTIONS as Record<string, Option<unknown>>)[name]!.flags?.find(({ sets }) => sets === value)
  return flag && `--${flag.name}`
}
