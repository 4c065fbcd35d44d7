/** What the columns of an input are: which hold logits, which are kept, what the classes are called. */

import { className, isLogitName } from './column-name.js'
import { SoftmaxError } from './errors.js'
import { readLabels } from './labels.js'
import { isNumber } from './number.js'
import { items, type SettingsOf } from './options.js'
import { fieldsOf, type Layout, type OutputColumn, parseEmit, type Shape } from './output-columns.js'
import type { Column } from './record-batch.js'
import { select } from './selector.js'

/** The columns of an input and an output, settled once for all rows. */
export interface Schema extends Layout {
  /** Names of the input's columns; positions from 1 where it has no header. */
  header: string[]
  /** Positions, from 0, of the columns that hold logits, in class order. */
  logits: number[]
  /** True where there is one such column, and it holds the logits of all classes. */
  logitsList?: true
  /** Positions, from 0, of the columns that come out as they are. */
  kept: number[]
  emit: OutputColumn[]
  /** Names of the new columns. */
  names: string[]
}

type SchemaSettings = Pick<SettingsOf<'bytes'>, 'op' | 'logits' | 'labels' | 'emit' | 'topK' | 'keep'>

/**
 * Settles the columns of an input from its header (undefined where it has none) and its first row of cells.
 * `line` is where the header stands.
 *
 * @throws E_COLUMNS, E_SELECTOR, E_HEADER, E_LABELS, E_NAME or E_OPTION where they cannot be settled without a guess.
 */
export function resolveSchema(
  settings: SchemaSettings,
  header: string[] | undefined,
  first: string[] | undefined,
  line = 1,
): Schema {
  const columns = header ?? first?.map((_, index) => String(index + 1)) ?? []
  if (header && looksLikeData(header)) throw new SoftmaxError('E_HEADER', { line })
  const logits = settings.logits ? select(settings.logits, columns) : findLogits(header, first)
  const chosen = new Set(logits)
  const kept = settings.keep ? [...columns.keys()].filter((index) => !chosen.has(index)) : []
  const layout = resolveLayout(settings, header && logits.map((index) => header[index]!), logits.length)
  const names = namesOf(layout)
  requireNewNames(names, header ? kept.map((index) => header[index]!) : [])
  return { header: columns, logits, kept, names, ...layout }
}

/**
 * Settles the columns of an input that may hold all logits in one of them, for an output that takes some shapes.
 *
 * @throws the same
 */
export function resolveTable(
  settings: SchemaSettings,
  columns: readonly Column[],
  {
    named,
    shapes,
    objects,
    line,
  }: { named: boolean; shapes: readonly Shape[]; objects: boolean; line?: number | undefined },
): Schema {
  const header = columns.map(({ name }) => name)
  const whole = findWhole(settings, columns)
  if (whole === undefined) {
    const samples = columns.map(({ type, sample }) => (NUMBERS.has(type) || type === 'text' ? sample : ''))
    const schema = resolveSchema(settings, named ? header : undefined, columns.length > 0 ? samples : undefined, line)
    if (objects) requireNewNames(schema.names, header)
    return schema
  }
  const { type, keys, width = 0 } = columns[whole]!
  const count = keys?.length ?? width
  if (count === 0) throw new SoftmaxError('E_ROW', { row: 1, reason: 'a row without logits is not a row' })
  if (count > MOST_CLASSES) throw new SoftmaxError('E_TYPE', { reason: `a row would have ${count} logits` })
  const layout = resolveLayout(settings, keys ? [...keys] : undefined, count)
  const shape = type === 'record' && shapes.includes('record') ? 'record' : shapes.includes('list') ? 'list' : 'columns'
  const shaped = { ...layout, shape: type === 'record' && shape === 'list' ? 'columns' : shape } as const
  const kept = settings.keep ? [...header.keys()].filter((index) => index !== whole) : []
  const names = namesOf(shaped)
  requireNewNames(names, objects ? header : kept.map((index) => header[index]!))
  return { header, logits: [whole], logitsList: true, kept, names, ...shaped }
}

/** More classes than any model has: a list that says so is damaged. */
const MOST_CLASSES = 1 << 24

const NUMBERS = new Set<Column['type']>(['number', 'integer'])

/**
 * The column that holds all logits: the one that is selected or, unasked, the one that is called so. Undefined where
 * there is none, or where columns of one logit are. Throws E_COLUMNS where only a guess could tell, E_SELECTOR.
 */
export function findWhole({ logits }: Pick<SchemaSettings, 'logits'>, columns: readonly Column[]): number | undefined {
  const isWhole = (index: number) => columns[index]!.type === 'list' || columns[index]!.type === 'record'
  const header = columns.map(({ name }) => name)
  const chosen = logits
    ? select(logits, header)
    : [...header.keys()].filter((index) => isWhole(index) && isLogitName(header[index]!))
  if (chosen.length === 1) return isWhole(chosen[0]!) ? chosen[0] : undefined
  const [list, ...more] = [...header.keys()].filter((index) => columns[index]!.type === 'list')
  const flat = header.some((name, index) => isLogitName(name) && !isWhole(index))
  if (logits || flat || list === undefined || more.length > 0) return undefined
  throw new SoftmaxError('E_COLUMNS', { header, logits: header[list]! })
}

function namesOf(layout: Layout & { emit: OutputColumn[] }): string[] {
  const names = fieldsOf(layout.emit, layout).map(({ name }) => name)
  const asked = Object.values(layout.columnNames ?? {})
  const twice = asked.find((name) => names.indexOf(name) !== names.lastIndexOf(name))
  if (twice !== undefined) throw new SoftmaxError('E_NAME', { name: twice })
  return names
}

type LayoutSettings = Pick<SchemaSettings, 'op' | 'emit' | 'topK'> & Partial<Pick<SchemaSettings, 'labels'>>

/** Settles what the classes are called, from `--labels` or the names of their columns, and what is written of them. */
export function resolveLayout(
  { op, labels, emit, topK = 0 }: LayoutSettings,
  names: string[] | undefined,
  count: number,
): Layout & { emit: OutputColumn[] } {
  if (topK > count) {
    throw new SoftmaxError('E_OPTION', {
      option: 'topK',
      value: topK,
      expected: `at most the number of classes, ${count}`,
    })
  }
  const classes = labels
    ? readLabels(labels, count)
    : (names?.map(className) ?? Array.from({ length: count }, (_, i) => String(i)))
  const { emit: columns, names: columnNames } = parseEmit(items(emit))
  return { classes, log: op === 'log-softmax', topK, emit: columns, columnNames }
}

/** Names, and words in names, of columns that hold keys, truths and the like: they are never taken for logits unasked. */
const OTHER_NAMES = new Set(
  'index idx key row rownum row_number y y_true class split fold weight time timestamp date year month day name text image'.split(
    ' ',
  ),
)
const OTHER_WORDS = new Set('id ids uuid guid truth target targets label labels unnamed'.split(' '))

function isOtherName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
  return name.trim() === '' || OTHER_NAMES.has(words.join('_')) || words.some((word) => OTHER_WORDS.has(word))
}

function findLogits(header: string[] | undefined, first: string[] | undefined): number[] {
  const columns = header ?? first ?? []
  const positions = [...columns.keys()]
  const named = positions.filter((index) => header && isLogitName(header[index]!))
  if (named.length > 0) return named
  const numbers = positions.filter((index) => !first || isNumber(first[index]!))
  const doubtful = positions.filter((index) => (header ? isOtherName(header[index]!) : looksLikeKey(columns, index)))
  if (numbers.length === positions.length && doubtful.length === 0 && numbers.length > 0) return positions
  const excluded = new Set(doubtful)
  throw cannotTell(
    columns,
    numbers.filter((index) => !excluded.has(index)),
  )
}

/** Without a header, a whole number in front of logits that all have a fraction is most likely a key. */
function looksLikeKey(first: string[], index: number): boolean {
  const isWhole = (cell: string) => /^\s*\d+\s*$/.test(cell)
  return index === 0 && first.length > 1 && isWhole(first[0]!) && !first.slice(1).some(isWhole)
}

/** A first line of numbers is a row, unless it counts the columns. */
function looksLikeData(header: string[]): boolean {
  return header.every(isNumber) && !countsColumns(header)
}

/** Whether names count columns, from 0 or 1, as pandas does for want of names. */
export function countsColumns(header: string[]): boolean {
  return [0, 1].some((first) => header.every((name, index) => name === String(first + index)))
}

/** The error that shows the header and a selector that would do. */
function cannotTell(header: string[], candidates: number[]): SoftmaxError {
  const runs = runsOf(candidates.length > 0 ? candidates : [...header.keys()])
  const ranges = runs.map(([first, last]) => `${first + 1}${first === last ? '' : `-${last + 1}`}`)
  return new SoftmaxError('E_COLUMNS', { header, logits: ranges.join() })
}

/** First and last of each run of numbers that follow one another. */
function runsOf(numbers: number[]): [number, number][] {
  const runs: [number, number][] = []
  for (const number of numbers) {
    const run = runs.at(-1)
    if (run && run[1] + 1 === number) run[1] = number
    else runs.push([number, number])
  }
  return runs
}

/** Throws E_NAME where a new column would have the name of one that is kept. */
export function requireNewNames(names: string[], kept: string[]): void {
  const taken = new Set(kept)
  const name = names.find((name) => taken.has(name))
  if (name !== undefined) throw new SoftmaxError('E_NAME', { name })
}
