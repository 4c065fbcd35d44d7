/**
 * The `--logits` selector: names, positions from 1, ranges, globs and regular expressions, comma separated, `!` negates.
 *
 *     2-11    logit_a-logit_d    logit_*    /^logit_\d+$/    !logit_other    "a,b"    "2"
 *
 * Digits are positions; a name made of digits, or one that holds a comma, is written in double quotes. What is
 * selected comes in column order. A selector that begins with a negation begins with all columns.
 */
import { SoftmaxError, shown } from './errors.js'

const ITEM = /!?(?:"(?:[^"]|"")*"|\/(?:[^/\\]|\\.)+\/i?|[^,"/!][^,]*)/
const SELECTOR = new RegExp(`^${ITEM.source}(?:,${ITEM.source})*$`)

/** The positions, from 0, of the columns that a selector names. Throws E_SELECTOR for an item that names none. */
export function select(selector: string | readonly string[], columns: readonly string[]): number[] {
  const items = typeof selector === 'string' ? splitItems(selector) : selector
  const chosen = new Set(items[0]?.startsWith('!') ? columns.keys() : [])
  for (const item of items) {
    if (item.startsWith('!')) for (const index of resolve(item.slice(1), columns)) chosen.delete(index)
    else for (const index of resolve(item, columns)) chosen.add(index)
  }
  if (chosen.size === 0) throw new SoftmaxError('E_SELECTOR', { item: items.join(','), reason: 'selects no column' })
  return [...chosen].sort((a, b) => a - b)
}

function splitItems(selector: string): string[] {
  if (SELECTOR.test(selector)) return selector.match(new RegExp(ITEM, 'g'))!
  throw new SoftmaxError('E_SELECTOR', {
    item: selector,
    reason: 'is not a list of columns; a quote or a / has to be closed',
  })
}

function resolve(item: string, columns: readonly string[]): number[] {
  if (item.startsWith('"')) return [named(item.slice(1, -1).replaceAll('""', '"'), columns)]
  const found = byPattern(item, columns) ?? byPosition(item, columns) ?? byName(item, columns) ?? byRange(item, columns)
  if (found === undefined) return [named(item, columns)]
  if (found.length === 0)
    throw new SoftmaxError('E_SELECTOR', { item, reason: `matches none of ${shown(columns.join(','))}` })
  return found
}

function byPattern(item: string, columns: readonly string[]): number[] | undefined {
  const regex = /^\/(.+)\/(i?)$/.exec(item)
  const glob = !regex && /[*?]/.test(item)
  if (!regex && !glob) return undefined
  const pattern = regex ? compile(regex[1]!, regex[2]!, item) : globPattern(item)
  return columns.flatMap((name, index) => (pattern.test(name) ? [index] : []))
}

function compile(source: string, flags: string, item: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`)
  } catch (cause) {
    throw new SoftmaxError('E_SELECTOR', { item, reason: 'is not a regular expression' }, { cause })
  }
}

function globPattern(glob: string): RegExp {
  const body = glob
    .replace(/[\\^$.+()[\]{}|/]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${body}$`, 'su')
}

function byPosition(item: string, columns: readonly string[]): number[] | undefined {
  const [, first, dash, last] = /^(\d+)(-?)(\d*)$/.exec(item) ?? []
  if (first === undefined) return undefined
  return span(
    Number(first) - 1,
    dash ? (last ? Number(last) - 1 : columns.length - 1) : Number(first) - 1,
    item,
    columns,
  )
}

function byName(item: string, columns: readonly string[]): number[] | undefined {
  return columns.includes(item) ? [named(item, columns)] : undefined
}

/** `logit_a-logit_d`: names may hold hyphens too, so every hyphen is tried as the dash. */
function byRange(item: string, columns: readonly string[]): number[] | undefined {
  for (let dash = item.indexOf('-'); dash >= 0; dash = item.indexOf('-', dash + 1)) {
    const [first, last] = [item.slice(0, dash), item.slice(dash + 1)]
    if (columns.includes(first) && columns.includes(last)) {
      return span(named(first, columns), named(last, columns), item, columns)
    }
  }
  return undefined
}

function span(first: number, last: number, item: string, columns: readonly string[]): number[] {
  if (first < 0 || last < first || last >= columns.length) {
    throw new SoftmaxError('E_SELECTOR', { item, reason: `is outside columns 1 to ${columns.length}` })
  }
  return Array.from({ length: last - first + 1 }, (_, offset) => first + offset)
}

function named(name: string, columns: readonly string[]): number {
  const index = columns.indexOf(name)
  if (index < 0)
    throw new SoftmaxError('E_SELECTOR', { item: name, reason: `is not one of ${shown(columns.join(','))}` })
  if (columns.indexOf(name, index + 1) >= 0) {
    throw new SoftmaxError('E_SELECTOR', { item: name, reason: 'names two columns; select by position' })
  }
  return index
}
