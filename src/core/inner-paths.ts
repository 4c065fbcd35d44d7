/** Selects single values inside objects: `m.a,m.b` are two logits of `{"m":{"a":1,"b":2}}`. */
import { SoftmaxError, shown, shownNames } from './errors.js'
import { nearest } from './nearest.js'
import { optionText } from './option-words.js'
import type { ValueOf } from './options.js'
import { listsRemedy } from './parallel-lists.js'
import { select } from './selector.js'

/** The keys and indices that lead to a value. */
type Path = readonly string[]

/**
 * The selected paths into the values of columns. If the selector is invalid, or excludes some, all paths into the columns
 * that it names: its error may list them.
 *
 * @param pathsIn the paths to single values inside the value of a column, which begin with its name
 * @param at the value at a path
 * @throws E_SELECTOR for a list or object beside other items, and for a path that leads nowhere
 */
export function selectedPaths(
  logits: ValueOf<'logits'> | undefined,
  columns: readonly string[],
  pathsIn: (column: string) => Path[],
  at: (path: Path) => unknown,
): Path[] {
  const items = typeof logits === 'string' ? logits.split(',') : (logits ?? [])
  const leadsInto = (column: string) => items.some((item) => item.replace(/^[\s!"]*/, '').startsWith(`${column}.`))
  const paths = columns.filter(leadsInto).flatMap(pathsIn)
  const header = [...columns, ...paths.map(pathName)]
  if (items.length > 1) requireValues(items, new Set(header), at)
  else if (isPath(items[0]) && selectedIn(logits!, header) === undefined) requirePath(items[0].trim(), columns, at)
  if (paths.length === 0) return []
  const chosen = items.some((item) => /^\s*!/.test(item)) ? undefined : selectedIn(logits!, header)
  // In the order of the selector, as objects of several inputs may have their keys in different orders.
  return [...(chosen ?? header.keys())].flatMap((at) =>
    columns.includes(header[at]!) ? [] : [paths[at - columns.length]!],
  )
}

/** Throws E_SELECTOR if one of several items leads to a list or an object, which would hold all logits. */
function requireValues(items: readonly string[], header: ReadonlySet<string>, at: (path: Path) => unknown): void {
  for (const item of items.map((item) => item.trim())) {
    if (!item.includes('.') || header.has(item)) continue
    const value = at(item.split('.'))
    if (typeof value !== 'object' || value === null) continue
    const what = Array.isArray(value) ? 'a list' : 'an object'
    const reason = `is ${what}, so it must be the only selector: ${optionText('logits', item)}`
    throw new SoftmaxError('E_SELECTOR', { item, reason })
  }
}

/** A path as a selector and column name. */
export function pathName(path: Path): string {
  return path.join('.')
}

/** What a selector selects; undefined if it is invalid. */
function selectedIn(logits: ValueOf<'logits'>, header: readonly string[]): ReadonlySet<number> | undefined {
  try {
    return new Set(select(logits, header))
  } catch {
    return undefined
  }
}

/** Whether an item of a selector is a path, not a pattern. */
function isPath(item: string | undefined): item is string {
  return item !== undefined && /^[^!"/*?]+\.[^!"/*?]+$/.test(item)
}

/**
 * Throws E_SELECTOR for a path into a column that does not exist, with the path that was probably meant, or the keys of
 * the object that it leads to.
 */
function requirePath(item: string, columns: readonly string[], at: (path: Path) => unknown): void {
  if (at(item.split('.')) !== undefined) return
  const found: string[] = []
  let list: number | undefined
  for (const key of item.split('.')) {
    if (Array.isArray(at(found)) && !/^\d+$/.test(key)) {
      list = found.length
      found.push('0')
    }
    const keys = found.length === 0 ? columns : keysOf(at(found))
    const meant = keys.includes(key) ? key : nearest(key, keys)
    if (meant === undefined && (found.length === 0 || keys.length === 0)) return
    if (meant === undefined) throw notThere(item, `${shown(pathName(found))} has ${shownNames(keys)}`)
    found.push(meant)
  }
  if (list !== undefined) requireNoList(item, found, list, { columns, isText: typeof at(found) === 'string' })
  throw notThere(item, `did you mean ${optionText('logits', pathName(found))}?`)
}

/**
 * Throws E_SELECTOR for a path into the objects of a list, which has any length: the first is not all of it. Only the
 * tensors of an inference server have their data there.
 */
function requireNoList(
  item: string,
  found: Path,
  length: number,
  { columns, isText }: { columns: readonly string[]; isText: boolean },
): void {
  if (found.at(-1) === 'data') return
  const list = found.slice(0, length)
  const remedy = isText ? undefined : listsRemedy(list, found.slice(length + 1), columns)
  const reason = `leads into ${shown(pathName(list))}, which is a list of objects`
  throw new SoftmaxError('E_SELECTOR', { item, reason: remedy === undefined ? reason : `${reason}; ${remedy}` })
}

function notThere(item: string, hint: string): SoftmaxError {
  return new SoftmaxError('E_SELECTOR', { item, reason: `does not exist in the first rows; ${hint}` })
}

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}
