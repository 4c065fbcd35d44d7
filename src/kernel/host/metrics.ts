/** Counts and sums over evaluated rows, in the kernel: see `assembly/metrics.ts` and `assembly/exact-sum.ts`. */
import { ABSTAINED, BINS, CURVE_BINS, EVALUATION_FIELDS, MOST_RANKED, PARTS_BITS, RANKS } from '../constants.js'
import { growMemory, type Kernel, newKernel, offsetOf } from './wasm.js'

/** The maximum number of classes for a dense confusion matrix. */
const MOST_DENSE = 4096
/** How many rows are passed to the kernel at once. */
const ROWS = 1 << 12
/** The same for classes of rows that may have several true ones, which take less room than rows. */
const CLASSES = 1 << 15

/** The number of rows in a bin, of right ones, and the sum of their confidences if it is kept. */
export interface Bin {
  rows: number
  right: number
  confidence: bigint
}

/**
 * What a calibration also measures: the derivatives of the loss, and the distribution of the probabilities of true
 * classes, counted from `lowest` on in parts of 2^shift doubles.
 */
export interface Probe {
  lowest: number
  shift: number
}

/** What totals are measured: of how many classes, and with ROC bins of how many. */
export interface TotalsShape {
  classes: number
  rocClasses: number
  probe: Probe
}

/** The totals behind metrics. Sums are exact, in units of 2^-1088. */
export interface Totals {
  classes: number
  rows: number
  unlabelled: number
  /** Rows with a true class but without a label. */
  abstained: number
  /** With prediction sets: the number of sets that contain the true class, and their total size. */
  covered: number
  members: number
  /** The number of rows with an infinite loss. */
  infinite: number
  /** The number of rows by rank of the true class, from 1. */
  ranks: number[]
  loss: Total
  brier: Total
  entropy: Total
  /** The derivatives of the loss (`assembly/row-evaluation.ts`), and the counts of the parts, if there is a {@link Probe}. */
  slope: Total
  curvature: Total
  parts: Float64Array
  bins: Bin[]
  /** If rows may have several true classes, the bins of each class of each row: with its probability, right if true. */
  classBins: Bin[]
  curve: Bin[]
  /** The nonempty ROC bins of each class that has some, in ascending order: see `assembly/roc.ts`. */
  roc: RocBin[][]
  /** The nonzero counts by true class and prediction: [truth, prediction, count]. */
  pairs: [truth: number, prediction: number, count: number][]
}

/** A bin, its counts of rows and of rows that have the class, and their probability if it is the same. */
export type RocBin = [nth: number, rows: number, right: number, value?: number]

/** An exact sum; `special` is NaN or infinite if one of its terms is. */
export interface Total {
  units: bigint
  special: number
}

const metricsSize = () => offsetOf('metricsSize')
const sumWords = () => offsetOf('exactSumSize') / 8
/** The offset of the limbs in an exact sum. */
const LIMBS_AT = 16
const binWords = () => 2 + sumWords()
const SUMS = 5
const PARTS = 1 << PARTS_BITS
const NO_PROBE: Probe = { lowest: 0, shift: -1 }

/** The shape of the totals of an evaluation. A row with several true classes is right or wrong as a unit: two classes. */
export function shapeOf(classes: number, ranked: Ranked, probe?: Probe): TotalsShape {
  return {
    classes: ranked.sigmoid ? 2 : classes,
    rocClasses: probe ? 0 : rocClassesOf(classes, ranked),
    probe: probe ?? NO_PROBE,
  }
}

/** What decides which classes are ranked: whether each has a probability of its own, or is requested. */
interface Ranked {
  sigmoid: boolean
  oneVsRest?: true | undefined
}

/** More than two classes of one softmax have none unless requested: they cost a count for each class of each row. */
function rocClassesOf(classes: number, { sigmoid, oneVsRest }: Ranked): number {
  if (classes > MOST_RANKED) return 0
  if (sigmoid) return classes
  return classes === 2 ? 1 : oneVsRest ? classes : 0
}

/** The maximum number of classes for totals in the memory of every kernel; with more, rows are passed on one by one. */
const MOST_IN_KERNELS = 512

/** The size of a kernel's own totals in bytes; 0 if it has none. */
export function totalsRoom(kernel: Kernel, { classes, rocClasses, probe }: TotalsShape): number {
  return classes > MOST_IN_KERNELS ? 0 : kernel.metricsRoom(classes, 1, probe.shift, rocClasses)
}

/** Initializes totals in kernel memory. */
export function beginTotals(kernel: Kernel, at: number, shape: TotalsShape): void {
  new Uint8Array(kernel.memory.buffer, at, totalsRoom(kernel, shape)).fill(0)
  kernel.beginMetrics(at, shape.classes, 1, shape.probe.shift, shape.probe.lowest, shape.rocClasses)
}

/** The layout of a kernel that adds up rows. */
function layOut(kernel: Kernel, shape: TotalsShape, hasConfusion: boolean) {
  const { classes, rocClasses, probe } = shape
  const room = (shift: number, rocs: number) => kernel.metricsRoom(classes, Number(hasConfusion), shift, rocs)
  const metrics = Math.ceil(kernel.heapBase() / 16) * 16
  const ranks = metrics + metricsSize()
  const sums = ranks + 8 * RANKS
  const bins = sums + 8 * SUMS * sumWords()
  const classBins = bins + 8 * BINS * binWords()
  const curve = classBins + 8 * BINS * binWords()
  const confusion = curve + 16 * CURVE_BINS
  const parts = metrics + room(-1, 0)
  const roc = metrics + room(probe.shift, 0)
  const rows = metrics + room(probe.shift, rocClasses)
  growMemory(kernel, rows + Math.max(8 * EVALUATION_FIELDS * ROWS, totalsRoom(kernel, shape)))
  kernel.beginMetrics(metrics, classes, Number(hasConfusion), probe.shift, probe.lowest, rocClasses)
  return { metrics, ranks, sums, bins, classBins, curve, rows, confusion, parts, roc }
}

/** Adds up evaluated rows. */
export class EvaluationTotals {
  readonly #kernel = newKernel()
  readonly #classes: number
  readonly #at: ReturnType<typeof layOut>
  /** Used if there are too many classes for a dense matrix. */
  readonly #pairs: Map<number, number> | undefined

  readonly #hasParts: boolean
  readonly #rocClasses: number

  constructor(shape: TotalsShape) {
    this.#classes = shape.classes
    this.#pairs = shape.classes > MOST_DENSE ? new Map() : undefined
    this.#at = layOut(this.#kernel, shape, !this.#pairs)
    this.#hasParts = shape.probe.shift >= 0
    this.#rocClasses = shape.rocClasses
  }

  /** Adds the totals of other rows, in the layout of {@link beginTotals}. */
  addTotals(totals: Uint8Array): void {
    new Uint8Array(this.#kernel.memory.buffer, this.#at.rows, totals.length).set(totals)
    this.#kernel.addMetrics(this.#at.metrics, this.#at.rows)
  }

  /** Adds rows, {@link EVALUATION_FIELDS} numbers each. */
  add(evaluated: Float64Array): void {
    for (let from = 0; from < evaluated.length; from += EVALUATION_FIELDS * ROWS) {
      const part = evaluated.subarray(from, from + EVALUATION_FIELDS * ROWS)
      this.#doubles(this.#at.rows, part.length).set(part)
      this.#kernel.addEvaluated(this.#at.metrics, this.#at.rows, part.length / EVALUATION_FIELDS)
      if (this.#pairs) this.#addPairs(part, this.#pairs)
    }
  }

  /** The same for rows whose classes are ranked, with the probabilities of all classes. */
  addRanked(evaluated: Float64Array, probabilities: Float64Array): void {
    this.add(evaluated)
    const { metrics, rows: at } = this.#at
    const classes = this.#rocClasses
    const step = Math.floor((EVALUATION_FIELDS * ROWS) / (EVALUATION_FIELDS + classes))
    for (let from = 0; from < evaluated.length / EVALUATION_FIELDS; from += step) {
      const part = evaluated.subarray(EVALUATION_FIELDS * from, EVALUATION_FIELDS * (from + step))
      const some = probabilities.subarray(classes * from, classes * (from + step))
      const probabilitiesAt = at + 8 * part.length
      this.#doubles(at, part.length).set(part)
      this.#doubles(probabilitiesAt, some.length).set(some)
      this.#kernel.addRanks(metrics, at, probabilitiesAt, part.length / EVALUATION_FIELDS)
    }
  }

  /** Adds the probabilities of the classes of complete rows, and 1 for each of them that is true. */
  addClasses(probabilities: Float64Array, truths: Uint8Array): void {
    const { metrics, rows } = this.#at
    const truthsAt = rows + 8 * CLASSES
    // Classes with ROC bins are passed as complete rows.
    const step = CLASSES - (CLASSES % Math.max(1, this.#rocClasses))
    for (let from = 0; from < truths.length; from += step) {
      const part = truths.subarray(from, from + step)
      this.#doubles(rows, part.length).set(probabilities.subarray(from, from + step))
      new Uint8Array(this.#kernel.memory.buffer, truthsAt, part.length).set(part)
      this.#kernel.addClasses(metrics, rows, truthsAt, part.length)
    }
  }

  #addPairs(evaluated: Float64Array, pairs: Map<number, number>): void {
    for (let at = 0; at < evaluated.length; at += EVALUATION_FIELDS) {
      if (evaluated[at]! < 0 || evaluated[at + ABSTAINED] === 1) continue
      const key = evaluated[at]! * this.#classes + evaluated[at + 1]!
      pairs.set(key, (pairs.get(key) ?? 0) + 1)
    }
  }

  totals(): Totals {
    const { metrics, ranks, sums, bins, classBins, curve, parts } = this.#at
    const [rows = 0, unlabelled = 0, abstained = 0, covered = 0, members = 0, infinite = 0] = this.#doubles(metrics, 6)
    const totals = Array.from({ length: SUMS }, (_, nth) => this.#total(sums + 8 * nth * sumWords()))
    const [loss, brier, entropy, slope, curvature] = totals
    return {
      classes: this.#classes,
      rows,
      unlabelled,
      abstained,
      covered,
      members,
      infinite,
      ranks: [...this.#doubles(ranks, RANKS)],
      loss: loss!,
      brier: brier!,
      entropy: entropy!,
      slope: slope!,
      curvature: curvature!,
      parts: this.#doubles(parts, this.#hasParts ? PARTS : 0).slice(),
      bins: this.#bins(bins),
      classBins: this.#bins(classBins),
      curve: this.#curve(curve),
      roc: this.#roc(),
      pairs: this.#pairs ? this.#sparsePairs(this.#pairs) : this.#densePairs(),
    }
  }

  #bins(at: number): Bin[] {
    return Array.from({ length: BINS }, (_, nth) => this.#bin(at + 8 * nth * binWords()))
  }

  #bin(at: number): Bin {
    const [rows = 0, right = 0] = this.#doubles(at, 2)
    return { rows, right, confidence: rows === 0 ? 0n : this.#total(at + 16).units }
  }

  /** Read through one view: thousands of views would take longer than a pass over a small file. */
  #curve(at: number): Bin[] {
    const counts = this.#doubles(at, 2 * CURVE_BINS)
    return Array.from({ length: CURVE_BINS }, (_, nth) => ({
      rows: counts[2 * nth]!,
      right: counts[2 * nth + 1]!,
      confidence: 0n,
    }))
  }

  #roc(): RocBin[][] {
    const size = 3 * this.#kernel.rocBins(Math.max(1, this.#rocClasses))
    return Array.from({ length: this.#rocClasses }, (_, nth) =>
      nonempty(this.#doubles(this.#at.roc + 8 * size * nth, size)),
    )
  }

  #total(at: number): Total {
    const limbs = new BigInt64Array(this.#kernel.memory.buffer, at + LIMBS_AT, sumWords() - LIMBS_AT / 8)
    const units = limbs.reduceRight((sum, limb) => (sum << 32n) + limb, 0n)
    return { units, special: this.#doubles(at, 1)[0]! }
  }

  #densePairs(): Totals['pairs'] {
    const counts = this.#doubles(this.#at.confusion, this.#classes ** 2)
    const pairs: Totals['pairs'] = []
    for (let at = 0; at < counts.length; at++) {
      if (counts[at]! > 0) pairs.push([Math.floor(at / this.#classes), at % this.#classes, counts[at]!])
    }
    return pairs
  }

  #sparsePairs(counts: Map<number, number>): Totals['pairs'] {
    const sorted = [...counts].sort(([a], [b]) => a - b)
    return sorted.map(([key, count]) => [Math.floor(key / this.#classes), key % this.#classes, count])
  }

  #doubles(at: number, count: number): Float64Array {
    return new Float64Array(this.#kernel.memory.buffer, at, count)
  }
}

function nonempty(counts: Float64Array): RocBin[] {
  const bins: RocBin[] = []
  for (let at = 0; at < counts.length; at += 3) {
    if (counts[at] === 0) continue
    const value = counts[at + 2]!
    bins.push([at / 3, counts[at]!, counts[at + 1]!, ...(Number.isNaN(value) ? [] : [value])] as RocBin)
  }
  return bins
}
