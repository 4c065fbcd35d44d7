/**
 * The counts and exact sums behind metrics, as text. Adding those of several processes gives the sums, and so the
 * metrics, of all their rows, to the last bit.
 */
import { BINS, CURVE_BINS, RANKS } from '../kernel/constants.js'
import type { Bin, RocBin, Total } from '../kernel/host/metrics.js'
import { SoftmaxError } from './errors.js'
import { type MeasuredTotals, type Metrics, metricsOf } from './metrics.js'
import { multiLabelMetricsOf } from './multi-label-metrics.js'
import { labelsText, optionText } from './option-words.js'

/** The sums of rows with the same classes. */
export interface MetricSums {
  labels: readonly string[]
  /** The name of the true class column. */
  truth?: string | undefined
  rejected: number
  totals: MeasuredTotals
  /**
   * If rows may have several true classes: per class, the number of rows that have it, that get it as a label, and
   * both.
   */
  counts: readonly number[] | undefined
  /** Whether each row has a prediction set. */
  hasSets: boolean
}

/**
 * The layout of the text. Exact sums are integers in units of 2^-1088, in hexadecimal; of curves, only nonempty bins
 * are listed.
 */
interface Layout {
  softmax_sums: 1
  classes: readonly string[]
  truth: string | null
  rejected: number
  counts: readonly number[] | null
  /** With prediction sets: how many contain the true class, and their total size. */
  sets?: [covered: number, members: number]
  /** The number of infinite losses, if there are any. */
  infinite?: number
  width: number
  rows: number
  unlabelled: number
  abstained: number
  ranks: number[]
  sums: [units: string, special: string][]
  bins: BinText[]
  /** If rows may have several true classes. */
  class_bins?: BinText[]
  curve: [nth: number, rows: number, right: number][]
  /** The ROC bins of each class that has some; early texts have none. */
  roc?: RocBin[][]
  pairs: Pairs
}

type BinText = [rows: number, right: number, confidence: string]
type Pairs = MeasuredTotals['pairs']

/** Encodes sums as one line of JSON. */
export function sumsText({ labels, truth, rejected, totals, counts, hasSets }: MetricSums): string {
  const { classes: width, rows, unlabelled, abstained, ranks, pairs } = totals
  const layout: Layout = {
    softmax_sums: 1,
    classes: labels,
    truth: truth ?? null,
    rejected,
    counts: counts ?? null,
    ...(hasSets && { sets: [totals.covered, totals.members] as [number, number] }),
    ...(totals.infinite > 0 && { infinite: totals.infinite }),
    width,
    rows,
    unlabelled,
    abstained,
    ranks,
    sums: [totals.loss, totals.brier, totals.entropy].map(({ units, special }) => [hex(units), String(special)]),
    bins: totals.bins.map(binText),
    ...(counts && { class_bins: totals.classBins.map(binText) }),
    curve: totals.curve.flatMap(({ rows, right }, nth) => (rows > 0 ? [[nth, rows, right]] : [])),
    ...(totals.roc.length > 0 && { roc: totals.roc }),
    pairs,
  }
  return JSON.stringify(layout)
}

function binText({ rows, right, confidence }: Bin): BinText {
  return [rows, right, hex(confidence)]
}

function readBin([rows, right, confidence]: BinText): Bin {
  return { rows, right, confidence: fromHex(confidence) }
}

/** Parses the output of {@link sumsText}. Throws E_SUMS for anything else. */
export function readSums(text: string): MetricSums {
  const { classes: labels, truth, rejected, counts, sets, width, sums, bins, class_bins, curve, ...rest } = parse(text)
  const [loss, brier, entropy] = sums.map(([units, special]) => ({ units: fromHex(units), special: Number(special) }))
  const all: Bin[] = Array.from({ length: CURVE_BINS }, () => ({ rows: 0, right: 0, confidence: 0n }))
  for (const [nth, rows, right] of curve) all[nth] = { rows, right, confidence: 0n }
  const totals: MeasuredTotals = {
    classes: width,
    rows: rest.rows,
    unlabelled: rest.unlabelled,
    abstained: rest.abstained,
    covered: sets?.[0] ?? 0,
    members: sets?.[1] ?? 0,
    infinite: rest.infinite ?? 0,
    ranks: rest.ranks,
    pairs: rest.pairs,
    loss: loss!,
    brier: brier!,
    entropy: entropy!,
    bins: bins.map(readBin),
    classBins: (class_bins ?? []).map(readBin),
    curve: all,
    roc: rest.roc ?? [],
  }
  return {
    labels,
    truth: truth ?? undefined,
    rejected,
    totals,
    counts: counts ?? undefined,
    hasSets: sets !== undefined,
  }
}

function parse(text: string): Layout {
  try {
    const value = JSON.parse(text) as Layout | null
    if (value?.softmax_sums === 1 && isValid(value)) return value
  } catch (cause) {
    throw new SoftmaxError('E_SUMS', { reason: 'it is not JSON' }, { cause })
  }
  throw new SoftmaxError('E_SUMS', { reason: 'it contains no sums of this version' })
}

/** Validates every field: a line may have been edited, or come from another program. */
function isValid({ classes, counts, sets, width, sums, bins, class_bins, curve, pairs, ...rest }: Layout): boolean {
  const singles = [width, rest.rejected, rest.rows, rest.unlabelled, rest.abstained, rest.infinite ?? 0]
  return (
    isList(classes, (name) => typeof name === 'string') &&
    singles.every(isCount) &&
    (counts === null || (isList(counts, isCount) && counts.length === 3 * classes.length)) &&
    (sets === undefined || (isList(sets, isCount) && sets.length === 2)) &&
    isList(rest.ranks, isCount) &&
    rest.ranks.length === RANKS &&
    isList(sums, ([units, special]) => isHex(units) && typeof special === 'string') &&
    sums.length === SUMS &&
    areBins(bins) &&
    (counts === null ? class_bins === undefined : class_bins !== undefined && areBins(class_bins)) &&
    isList(curve, ([nth, rows, right]) => isCount(nth) && nth < CURVE_BINS && isCount(rows) && isCount(right)) &&
    (rest.roc === undefined || areRoc(rest.roc, counts === null && width === 2 ? 1 : classes.length)) &&
    isList(
      pairs,
      ([truth, prediction, count]) => Math.max(truth, prediction) < width && [truth, prediction, count].every(isCount),
    )
  )
}

/** Loss, squared error and entropy. */
const SUMS = 3

function areBins(bins: BinText[]): boolean {
  const isBin = ([rows, right, confidence]: BinText) => isCount(rows) && isCount(right) && isHex(confidence)
  return isList(bins, isBin) && bins.length === BINS
}

function areRoc(roc: RocBin[][], classes: number): boolean {
  return isList(roc, areRocBins) && roc.length === classes
}

/** Bins in ascending order. */
function areRocBins(bins: RocBin[]): boolean {
  const isBin = ([nth, rows, right, value = 0]: RocBin) =>
    [nth, rows, right].every(isCount) && right <= rows && rows > 0 && value >= 0 && value <= 1
  return isList(bins, isBin) && bins.every(([nth], at) => at === 0 || nth > bins[at - 1]![0])
}

function isList<T>(value: readonly T[], isItem: (item: T) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function isHex(text: string): boolean {
  return typeof text === 'string' && /^-?[\da-f]+$/.test(text)
}

function hex(units: bigint): string {
  return units.toString(16)
}

function fromHex(text: string): bigint {
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`)
}

/** How the classes of sums differ. */
function classDifference({ labels }: MetricSums, { labels: others }: MetricSums): string {
  const known = new Set(labels)
  const isSame = labels.length === others.length && others.every((label) => known.has(label))
  if (!isSame || labels.every((label, nth) => label === others[nth])) return 'its classes differ from those before'
  const option = optionText('labels', labelsText(labels))
  return `it has the same classes in another order than those before; ${option} orders those of objects, ${optionText('logits')} columns`
}

/** Adds two sums. Throws E_SUMS if their classes differ, or if only one has prediction sets. */
export function addSums(a: MetricSums, b: MetricSums): MetricSums {
  const isSame = a.labels.length === b.labels.length && a.labels.every((label, nth) => label === b.labels[nth])
  if (!isSame || !a.counts !== !b.counts) throw new SoftmaxError('E_SUMS', { reason: classDifference(a, b) })
  if (a.hasSets !== b.hasSets) {
    const reason = 'some of the rows have prediction sets, from a calibration with a coverage, and some have none'
    throw new SoftmaxError('E_SUMS', { reason })
  }
  requireSameRanks(a, b)
  return {
    labels: a.labels,
    truth: a.truth,
    rejected: a.rejected + b.rejected,
    totals: addTotals(a.totals, b.totals),
    counts: a.counts?.map((count, nth) => count + b.counts![nth]!),
    hasSets: a.hasSets,
  }
}

/** Throws E_SUMS if only one of two sums of a softmax has counts of each class; early texts have none of two classes. */
function requireSameRanks({ totals: a, counts }: MetricSums, { totals: b }: MetricSums): void {
  if (counts || a.classes === 2 || a.roc.length === b.roc.length) return
  const option = optionText('oneVsRest')
  throw new SoftmaxError('E_SUMS', { reason: `some of the sums are made with ${option}, and some without it` })
}

function addTotals(a: MeasuredTotals, b: MeasuredTotals): MeasuredTotals {
  return {
    classes: a.classes,
    rows: a.rows + b.rows,
    unlabelled: a.unlabelled + b.unlabelled,
    abstained: a.abstained + b.abstained,
    covered: a.covered + b.covered,
    members: a.members + b.members,
    infinite: a.infinite + b.infinite,
    ranks: a.ranks.map((count, nth) => count + b.ranks[nth]!),
    loss: addTotal(a.loss, b.loss),
    brier: addTotal(a.brier, b.brier),
    entropy: addTotal(a.entropy, b.entropy),
    bins: a.bins.map((bin, nth) => addBin(bin, b.bins[nth]!)),
    classBins: a.classBins.map((bin, nth) => addBin(bin, b.classBins[nth]!)),
    curve: a.curve.map((bin, nth) => addBin(bin, b.curve[nth]!)),
    // If early texts without ROC bins are among them, there are none of all rows.
    roc: a.roc.length === b.roc.length ? a.roc.map((bins, nth) => addRocBins(bins, b.roc[nth]!)) : [],
    pairs: addPairs(a.pairs, b.pairs, a.classes),
  }
}

function addTotal(a: Total, b: Total): Total {
  return { units: a.units + b.units, special: a.special + b.special }
}

function addBin(a: Bin, b: Bin): Bin {
  return { rows: a.rows + b.rows, right: a.right + b.right, confidence: a.confidence + b.confidence }
}

function addRocBins(a: readonly RocBin[], b: readonly RocBin[]): RocBin[] {
  const sums = new Map(a.map((bin) => [bin[0], bin] as const))
  for (const bin of b) {
    const before = sums.get(bin[0])
    sums.set(bin[0], before ? addRocBin(before, bin) : bin)
  }
  return [...sums.values()].sort(([one], [other]) => one - other)
}

function addRocBin([nth, rows, right, value]: RocBin, other: RocBin): RocBin {
  const [rowsOfBoth, rightOfBoth] = [rows + other[1], right + other[2]]
  return value === undefined || value !== other[3]
    ? [nth, rowsOfBoth, rightOfBoth]
    : [nth, rowsOfBoth, rightOfBoth, value]
}

/** Merges pairs in the order of true class and prediction, as in a single run. */
function addPairs(a: Pairs, b: Pairs, classes: number): Pairs {
  const sums = new Map(a.map((pair) => [pair[0] * classes + pair[1], pair] as const))
  for (const [truth, prediction, count] of b) {
    const key = truth * classes + prediction
    sums.set(key, [truth, prediction, count + (sums.get(key)?.[2] ?? 0)])
  }
  return [...sums].sort(([one], [other]) => one - other).map(([, pair]) => pair)
}

/** The metrics of all rows. */
export function metricsOfSums({ labels, rejected, totals, counts, hasSets }: MetricSums): Metrics {
  if (counts) return multiLabelMetricsOf(totals, labels, Float64Array.from(counts), rejected)
  return metricsOf(totals, labels, rejected, hasSets)
}
