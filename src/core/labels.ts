/** Class names as given by `--labels`: a list, JSON text, or `@` and a file with one per line or JSON. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { positionsBy } from './column-name.js'
import { plural, SoftmaxError, shown, shownNames, systemReason } from './errors.js'
import { jsonList } from './json-list.js'
import { optionText } from './option-words.js'

/** The given names. Throws E_LABELS if a file or JSON cannot be used. */
export function labelNames(labels: string | readonly string[]): string[] {
  if (typeof labels !== 'string') return [...labels]
  if (labels.startsWith('@')) return readFile(labels.slice(1))
  if (isJson(labels)) return fromJson(labels, 'it')
  return labels.split(',').map((name) => name.trim())
}

/** The names of a pair of classes: a list, or, for names with commas, JSON text. */
export function pairNames(pair: string | readonly string[]): string[] {
  if (typeof pair !== 'string') return [...pair]
  return (jsonList(pair) as string[] | undefined) ?? pair.split(',').map((name) => name.trim())
}

/** A pair of names as an option takes it. */
export function pairText(names: readonly string[]): string {
  return names.some((name) => name.includes(',')) ? JSON.stringify(names) : names.join(',')
}

/** The names read from a pipe, which can be read only once; anything else is returned as is. */
export function namesOfPipe(labels: string | readonly string[]): string | readonly string[] {
  if (typeof labels !== 'string' || !labels.startsWith('@')) return labels
  return isPipe(labels.slice(1)) ? labelNames(labels) : labels
}

function isPipe(path: string): boolean {
  try {
    return statSync(path).isFIFO()
  } catch {
    // The error is reported where the file is read.
    return false
  }
}

/**
 * The names for `classes` classes, if their number is known; duplicates get their positions, see {@link labelWarnings}.
 * Throws E_LABELS if the count is wrong, if there are still duplicates, or if names of the columns are in
 * another order.
 */
export function readLabels(
  labels: string | readonly string[],
  classes: number | undefined,
  columns?: readonly string[],
): string[] {
  const given = labelNames(labels)
  if (classes !== undefined && given.length !== classes) {
    throw new SoftmaxError('E_LABELS', {
      reason: `${plural(given.length, 'name')} for ${plural(classes, 'class')}${fileHint(given)}`,
    })
  }
  const names = numbered(given)
  const twice = repeated(names)
  if (twice !== undefined) throw new SoftmaxError('E_LABELS', { reason: `two classes are named ${shown(twice)}` })
  if (columns && isReordered(folded(given), folded(columns))) {
    const reason = `the columns have the same names in a different order, ${shownNames(columns)}; leave it out, and list the columns in class order with ${optionText('logits')}`
    throw new SoftmaxError('E_LABELS', { reason })
  }
  const moved = columns ? movedOf(folded(given), folded(columns)) : undefined
  if (moved) {
    const { now, own } = moved
    const reason = `${shown(columns![own]!)} is the name of class ${own + 1}, but would be that of class ${now + 1}; give the names in the order ${shownNames(columns!)}, or other names to all classes`
    throw new SoftmaxError('E_LABELS', { reason })
  }
  return names
}

/** The position of a name that is that of another column, and of this; positions, which may count from 1, are not names. */
function movedOf(names: readonly string[], columns: readonly string[]): { now: number; own: number } | undefined {
  const isMoved = (name: string, index: number) =>
    !/^\d*$/.test(name) && columns[index] !== name && columns.includes(name)
  const now = names.findIndex(isMoved)
  return now < 0 ? undefined : { now, own: columns.indexOf(names[now]!) }
}

/** Names that differ only in case are the same here: a class would get the name of another. */
function folded(names: readonly string[]): string[] {
  return names.map((name) => name.toLowerCase())
}

/** At most so many duplicates are named in warnings. */
const NAMED = 3

/** Warnings about duplicate names, with their positions, which distinguish them: ImageNet has two classes "crane". */
export function labelWarnings(labels: string | readonly string[]): string[] {
  const twice = [...duplicates(labelNames(labels))]
  const warnings = twice.slice(0, NAMED).map(([name, positions]) => {
    const now = positions.map((position) => numberedName(name, position))
    return `${optionText('labels')} has ${shown(name)} ${now.length} times; with their positions from 0 added, these classes are named ${shownNames(now)}`
  })
  const more = twice.length - warnings.length
  return more > 0 ? [...warnings, `${optionText('labels')} has ${plural(more, 'more duplicate name')}`] : warnings
}

/** Names with positions added to duplicates. */
function numbered(names: readonly string[]): string[] {
  const twice = duplicates(names)
  return names.map((name, position) => (twice.has(name) ? numberedName(name, position) : name))
}

function numberedName(name: string, position: number): string {
  return `${name}_${position}`
}

/** The duplicate names, with their positions. Empty ones are not names. */
function duplicates(names: readonly string[]): Map<string, number[]> {
  return new Map([...positionsBy(names)].filter(([name, { length }]) => length > 1 && name !== ''))
}

/** The first duplicate name. */
export function repeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>()
  return names.find((name) => seen.size === seen.add(name).size)
}

function isReordered(names: readonly string[], columns: readonly string[]): boolean {
  return names.some((name, index) => name !== columns[index]) && sorted(names) === sorted(columns)
}

function sorted(names: readonly string[]): string {
  return JSON.stringify([...names].sort())
}

/** A hint if the only name is that of a file, which was probably meant to be read. */
function fileHint([name = '', more]: readonly string[]): string {
  const isFile =
    more === undefined && (/\.(json|txt|names|labels|csv|tsv)$/i.test(name) || (name !== '' && existsSync(name)))
  return isFile ? `; to read names from a file, write @${name}` : ''
}

function isJson(text: string): boolean {
  return /^\s*[[{]/.test(text)
}

function readFile(path: string): string[] {
  const text = readText(path).replace(/^\ufeff/, '')
  if (isJson(text)) return fromJson(text, path)
  const lines = text.trimEnd().split(/\r\n|\n|\r/)
  const blank = lines.findIndex((line) => line.trim() === '')
  if (blank >= 0) throw new SoftmaxError('E_LABELS', { reason: `line ${blank + 1} of ${path} is blank` })
  return lines.map((line) => line.trim())
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SoftmaxError('E_LABELS', { reason: `cannot read ${path}: ${systemReason(cause)}` }, { cause })
  }
}

function fromJson(text: string, path: string): string[] {
  const names = namesIn(parse(text, path))
  if (names?.every((name) => typeof name === 'string')) return names as string[]
  throw new SoftmaxError('E_LABELS', {
    reason: `${path} contains neither an array of names nor an id2label with the keys 0, 1, 2, …`,
  })
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SoftmaxError('E_LABELS', { reason: `${path} is not JSON: ${(cause as Error).message}` }, { cause })
  }
}

/**
 * An array of names, a Hugging Face `config.json`, or the part of one: `id2label` maps "0", "1", … to names, `label2id`
 * is the inverse. In ImageNet's `imagenet_class_index.json`, "0" is ["n01440764", "tench"].
 */
function namesIn(json: unknown): unknown[] | undefined {
  if (Array.isArray(json)) return json
  const { id2label, label2id } = json as Record<string, Record<string, unknown> | undefined>
  const map = id2label ?? label2id ?? json
  if (map === null || typeof map !== 'object') return undefined
  const entries = Object.entries(map).map(([key, value]) => [key, isIdAndName(value) ? value[1] : value] as const)
  const isById = Object.hasOwn(map, '0') && typeof entries[0]![1] === 'string'
  const byId = new Map(isById ? entries : entries.map(([name, id]) => [String(id), name]))
  return Array.from(entries, (_, id) => byId.get(String(id)))
}

function isIdAndName(value: unknown): value is [id: string, name: string] {
  return Array.isArray(value) && value.length === 2 && value.every((item) => typeof item === 'string')
}
