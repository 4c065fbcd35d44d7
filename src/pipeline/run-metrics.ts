/** The metrics of a run: rows that were judged are added up as they come, on whatever thread and in whatever order. */
import { type Metrics, metricsOf } from '../core/metrics.js'
import type { Judged } from '../core/record-batch.js'
import { JudgedRows, type Probe, type Totals } from '../kernel/host/metrics.js'
import { rejectedOf, type Stats } from './row-counts.js'

export class RunMetrics {
  #labels: readonly string[] = []
  #rows: JudgedRows | undefined
  readonly #probe: Probe | undefined

  constructor(probe?: Probe) {
    this.#probe = probe
  }

  get labels(): readonly string[] {
    return this.#labels
  }

  /** To be called once the classes are known. */
  begin(labels: readonly string[]): void {
    this.#labels = labels
    this.#rows ??= new JudgedRows(labels.length, this.#probe)
  }

  add(judged: readonly Judged[]): void {
    for (const part of judged) {
      if (part instanceof Float64Array) this.#rows!.add(part)
      else this.#rows!.addTotals(part)
    }
  }

  /** The metrics of all rows so far. */
  result(stats: Stats): Metrics {
    return metricsOf(this.totals(), this.#labels, rejectedOf(stats))
  }

  /** What these are made of. */
  totals(): Totals {
    return (this.#rows ?? new JudgedRows(0, this.#probe)).totals()
  }
}
