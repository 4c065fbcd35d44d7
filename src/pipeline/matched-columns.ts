/**
 * Matches the columns of a later input with those of the first. If they have names, their order does not matter, and
 * neither do columns that no row needs. Positions in selectors count in the first input.
 */
import { hasLogitWord, positionsBy } from '../core/column-name.js'
import { SoftmaxError, shown } from '../core/errors.js'
import { firstDifference, headerDifference, namesDifference } from '../core/header-difference.js'
import { keptIn } from '../core/kept-columns.js'
import { LONGEST_VALUE, optionsText, optionText } from '../core/option-words.js'
import type { Column, RecordBatchReader } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { itemOfName, itemsOfPositions, select, selectorOfNames } from '../core/selector.js'
import { truthsOf } from '../core/truth-columns.js'
import type { Run } from './run.js'
import { separately } from './separate-inputs.js'

type InputColumns = Pick<RecordBatchReader, 'columns' | 'named'>
type Settings = Pick<Run['settings'], 'logits' | 'truth' | 'op' | 'keep'>
type MatchRun = Pick<Run, 'measures' | 'probe' | 'settings'>

/** The columns of the first input, and what is known of its logits. */
export interface FirstColumns {
  name: string | undefined
  named: boolean
  header: readonly string[]
  columns: readonly Column[]
  /** None if they are not known before the rows are. */
  logits: readonly number[]
  /** Whether the logits depend on all columns, as those of a guess do. */
  isGuessed: boolean
}

/** The names of columns; positions from 1 if they have none. */
export function headerOf({ columns, named }: InputColumns): string[] {
  return columns.map(({ name }, index) => (named ? name : String(index + 1)))
}

/** Throws E_SCHEMA if an input lacks a column that rows of the first have, or has one more that is selected. */
export function requireMatch(input: InputColumns, first: FirstColumns, run: MatchRun, source?: string): void {
  if (hasHeaderOf(input, first)) return
  const header = headerOf(input)
  const match = input.named && first.named ? matchOf(input, first, run.settings) : undefined
  if (match && match.lacked.length + match.added.length === 0 && match.repeated === undefined) return
  throw new SoftmaxError('E_SCHEMA', {
    header,
    first: first.name ?? 'the first',
    difference: differenceOf(header, first, match),
    remedy: match ? remedyOf(match, first, run) : separately(run, false),
    ...(source !== undefined && { source }),
  })
}

/** The settings that select the columns of a later input: by position if it has the header of the first, or by name. */
export function withSelection<S extends Settings>(settings: S, input: InputColumns, { first }: Pick<Run, 'first'>): S {
  if (!first) return settings
  const { schema, header } = first
  if (!hasHeaderOf(input, first)) return { ...settings, ...selectorsOf(schema, settings) }
  return schema.logitsList ? settings : { ...settings, logits: itemsOfPositions(schema.logits, header) }
}

/** A schema with the kept columns in the order of those of the first input. */
export function inOrderOf(first: Schema, schema: Schema): Schema {
  const positions = new Map(keptNames(first).map((name, position) => [name, position]))
  const positionOf = (index: number) => positions.get(schema.header[index]!) ?? positions.size
  return { ...schema, kept: schema.kept.toSorted((one, other) => positionOf(one) - positionOf(other)) }
}

export function keptNames({ header, kept }: Schema): string[] {
  return kept.map((index) => header[index]!)
}

/** Whether an input has the columns of the first at the same positions. */
export function hasHeaderOf(input: InputColumns, { header }: Pick<FirstColumns, 'header'>): boolean {
  return input.columns.length === header.length && firstDifference(headerOf(input), header) < 0
}

/** Selectors of the columns of the first input by their names. */
function selectorsOf({ header, logits, kept, truth, truths }: Schema, { keep }: Settings) {
  const itemsOf = (positions: readonly number[]) => positions.map((index) => selectorOfNames([header[index]!]))
  const trueOnes = truths ?? (truth === undefined ? [] : [truth])
  return {
    logits: itemsOf(logits),
    ...(trueOnes.length > 0 && { truth: trueOnes.map((index) => itemOfName(header[index]!)).join() }),
    keep: typeof keep === 'boolean' ? keep : kept.length > 0 && itemsOf(kept),
  }
}

/** How the columns of an input match those of the first, by name. */
interface Match {
  /** The columns of the first input that rows need, of which the input lacks some; its own that are selected, too. */
  needed: string[]
  lacked: string[]
  added: string[]
  /** A name that two of these columns have. */
  repeated: string | undefined
  /** The kept columns that both inputs have once. */
  common: string[]
  /** Whether both have the same logits and true classes. */
  hasLogits: boolean
}

function matchOf({ columns }: InputColumns, first: FirstColumns, settings: Settings): Match {
  const [own, others] = [columns, first.columns].map((list) =>
    positionsBy(list.map(({ name }) => name)),
  ) as PositionsByName[]
  const all = [
    ...first.columns,
    ...columns.filter(({ name }, index) => !others!.has(name) && own!.get(name)![0] === index),
  ]
  const { scored, kept } = selectedIn(all, first, settings)
  const positions = first.isGuessed ? all.keys() : [...scored, ...kept].sort((one, other) => one - other)
  const chosen = namesAt([...new Set(positions)], all)
  const isRepeated = (name: string) => [own!, others!].some((positions) => (positions.get(name)?.length ?? 0) > 1)
  const isCommon = (name: string) => own!.has(name) && others!.has(name) && !isRepeated(name)
  return {
    needed: chosen.filter((name) => others!.has(name)),
    lacked: chosen.filter((name) => !own!.has(name)),
    added: chosen.filter((name) => !others!.has(name)),
    repeated: chosen.find(isRepeated),
    common: namesAt(kept, all).filter(isCommon),
    hasLogits: namesAt(scored, all).every(isCommon),
  }
}

type PositionsByName = ReadonlyMap<string, readonly number[]>

function namesAt(positions: readonly number[], columns: readonly Column[]): string[] {
  return positions.map((index) => columns[index]!.name)
}

/** What is selected of the columns of the first input, followed by others: logits and true classes, and kept columns. */
function selectedIn(
  columns: readonly Column[],
  { logits: known, columns: { length } }: FirstColumns,
  settings: Settings,
) {
  const names = columns.map(({ name }) => name)
  const chosen =
    settings.logits === undefined
      ? [...names.keys()].filter((index) => hasLogitWord(names[index]!))
      : select(settings.logits, names)
  const logits = new Set([...known, ...chosen.filter((index) => index >= length)])
  const kept = keptIn(settings.keep, columns, { at: [], are: 'logits' }).filter((index) => !logits.has(index))
  return { scored: [...logits, ...truthsOf(settings, names)], kept }
}

/** The first difference by position if only a name differs there, otherwise the names that only one of them has. */
function differenceOf(header: readonly string[], first: FirstColumns, match: Match | undefined): string {
  const of = first.name === undefined ? 'the first input' : shown(first.name)
  if (!match) return headerDifference(header, first.header, of)
  const { needed, lacked, added, repeated } = match
  if (lacked.length + added.length === 0)
    return `its columns cannot be matched by name with those of ${of}, as two are called ${shown(repeated!)}`
  const at = firstDifference(header, first.header)
  const isRenamed = !first.header.includes(header[at]!) && lacked.includes(first.header[at]!)
  if (isRenamed && header.length === first.header.length) return headerDifference(header, first.header, of)
  const missing = new Set(lacked)
  const names = [...needed.filter((name) => !missing.has(name)), ...added]
  return `it ${namesDifference(names, needed, of, 'column')}`
}

/** The options that select what both inputs have, if that suffices; otherwise how to read each on its own. */
function remedyOf({ common, hasLogits }: Match, first: FirstColumns, run: MatchRun): string {
  const separate = separately(run, !hasLogits)
  if (!hasLogits || run.probe) return separate
  const keeps = !run.measures && run.settings.keep !== false
  if (first.logits.length === 0) {
    const both = keeps ? `${optionText('logits')} and ${optionText('keep')} select` : `${optionText('logits')} selects`
    return `${both} only common columns, or ${separate}`
  }
  const options: [name: string, value: string | false | undefined][] = []
  if (first.isGuessed) options.push(['logits', selectorText(namesAt(first.logits, first.columns))])
  if (keeps) options.push(['keep', common.length > 0 && selectorText(common)])
  return options.length === 0 ? separate : `${optionsText(...options)} leaves out other columns, or ${separate}`
}

/** A selector, unless it is too long for a message. */
function selectorText(names: readonly string[]): string | undefined {
  const text = selectorOfNames(names)
  return text.length > LONGEST_VALUE ? undefined : text
}
