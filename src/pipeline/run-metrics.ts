/** The metrics of a run: evaluated rows are added up as they arrive, from any thread and in any order. */
import { type MetricSums, metricsOfSums } from '../core/metric-sums.js'
import type { Metrics } from '../core/metrics.js'
import type { Layout } from '../core/output-columns.js'
import type { EvaluatedRows, MultiLabelEvaluatedRows, RankedRows } from '../core/record-batch.js'
import { EvaluationTotals, type Probe, shapeOf, type Totals } from '../kernel/host/metrics.js'
import { rejectedOf, type Stats } from './row-counts.js'

export class RunMetrics {
  #labels: readonly string[] = []
  #rows: EvaluationTotals | undefined
  #hasSets = false
  /**
   * With several true classes per row: per class, the number of rows that have it, that get it as a label, and both.
   */
  #counts: Float64Array | undefined
  readonly #probe: Probe | undefined

  constructor(probe?: Probe) {
    this.#probe = probe
  }

  get labels(): readonly string[] {
    return this.#labels
  }

  /** Must be called once the classes are known. */
  begin(layout: Pick<Layout, 'classes' | 'sigmoid' | 'decision' | 'oneVsRest'>): void {
    const { classes, sigmoid, decision } = layout
    this.#hasSets = !sigmoid && decision?.cutoffs !== undefined
    this.#labels = classes
    if (sigmoid) this.#counts ??= new Float64Array(3 * classes.length)
    this.#rows ??= new EvaluationTotals(shapeOf(classes.length, layout, this.#probe))
  }

  add(evaluated: readonly EvaluatedRows[]): void {
    for (const part of evaluated) {
      if (part instanceof Float64Array) this.#rows!.add(part)
      else if (part instanceof Uint8Array) this.#addTotals(part)
      else if (isMultiLabel(part)) this.#addMultiLabel(part)
      else this.#rows!.addRanked(part.rows, part.probabilities)
    }
  }

  /** If rows may have several true classes, the class counts follow the totals. */
  #addTotals(part: Uint8Array): void {
    const length = part.length - (this.#counts?.byteLength ?? 0)
    this.#rows!.addTotals(part.subarray(0, length))
    this.#addCounts(new Float64Array(part.slice(length).buffer))
  }

  #addMultiLabel({ rows, counts, probabilities, targets }: MultiLabelEvaluatedRows): void {
    this.#rows!.add(rows)
    this.#rows!.addClasses(probabilities, targets)
    this.#addCounts(counts)
  }

  #addCounts(counts: Float64Array): void {
    for (let at = 0; at < counts.length; at++) this.#counts![at]! += counts[at]!
  }

  /** The metrics of all rows so far. */
  result(stats: Stats): Metrics {
    return metricsOfSums(this.sums(stats))
  }

  /** The sums behind the metrics, which can be added to those of other runs. */
  sums(stats: Stats): MetricSums {
    const counts = this.#counts && [...this.#counts]
    return { labels: this.#labels, rejected: rejectedOf(stats), totals: this.totals(), counts, hasSets: this.#hasSets }
  }

  totals(): Totals {
    return (this.#rows ?? new EvaluationTotals(shapeOf(0, { sigmoid: false }, this.#probe))).totals()
  }
}

function isMultiLabel(part: RankedRows): part is MultiLabelEvaluatedRows {
  return 'targets' in part
}
