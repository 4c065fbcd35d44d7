/** Failures counted over many runs; each count must be 0. */
export type Wrong = 'rows lost' | 'half files' | 'hangs' | 'wrong statuses'

export const COLUMNS: readonly Wrong[] = ['rows lost', 'half files', 'hangs', 'wrong statuses']

export class FaultCounts {
  readonly what: string
  tried = 0
  readonly #counts = new Map<Wrong, number>()

  constructor(what: string) {
    this.what = what
  }

  /** Counts a run and its failures. */
  add(wrongs: Iterable<Wrong>): void {
    this.tried++
    for (const wrong of new Set(wrongs)) this.#counts.set(wrong, (this.#counts.get(wrong) ?? 0) + 1)
  }

  /** A line of the table in the README. */
  get row(): string {
    const counts = COLUMNS.map((wrong) => this.#counts.get(wrong) ?? 0)
    return `| ${[this.what, this.tried, ...counts].join(' | ')} |`
  }
}

/** The table, in Markdown. */
export function table(allCounts: readonly FaultCounts[]): string {
  const head = `| | tried | ${COLUMNS.join(' | ')} |\n|---|${'--:|'.repeat(1 + COLUMNS.length)}`
  return [head, ...allCounts.map(({ row }) => row)].join('\n')
}
