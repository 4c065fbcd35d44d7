/** Finds the rows whose true class has the probability 0 at any temperature: its logit is -inf. */
import { shown } from '../core/errors.js'
import type { SettingsOf } from '../core/options.js'
import { HIGHEST } from '../core/temperature-search.js'
import type { RepeatedInputs } from '../pipeline/repeated-inputs.js'
import { scoreInputs } from '../pipeline/score-inputs.js'
import { fileRun } from './score-files.js'

/** Why no temperature has a finite log loss: how many rows there are, the first of them, and what to do. */
export async function infiniteReason(files: RepeatedInputs, settings: SettingsOf<'bytes'>): Promise<string> {
  const found = new InfiniteLosses()
  const onReject = settings.onError === 'skip' ? ({ row }: { row: number }) => found.addRejected(row) : undefined
  const losses = { emit: 'loss', keep: false, to: 'csv', outputHeader: false, temperature: HIGHEST } as const
  const run = fileRun({ ...settings, ...losses, onReject }, (event, _, source) => {
    if (event === 'input') found.begin(source)
  })
  for await (const piece of scoreInputs(await files.open(run.stats), run)) found.add(piece)
  return `${found}, so the log loss is infinite; leave these rows out, or replace -inf by a finite logit, such as the log of the smallest probability`
}

/** Counts the infinite losses in written lines, which are those of good rows. */
class InfiniteLosses {
  #count = 0
  #first: { row: number; source: string | undefined } | undefined
  #source: string | undefined
  /** The rows of the input so far, good and bad. */
  #row = 0
  #isOfFirst = false
  /** The beginning of a line. */
  #rest = ''

  begin(source: string | undefined): void {
    this.#source = source
    this.#row = 0
    this.#isOfFirst = false
  }

  add(piece: Uint8Array): void {
    const lines = (this.#rest + Buffer.from(piece).toString('latin1')).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      this.#row++
      if (/inf/i.test(line)) this.#addInfinite()
    }
  }

  #addInfinite(): void {
    this.#count++
    if (this.#first) return
    this.#first = { row: this.#row, source: this.#source }
    this.#isOfFirst = true
  }

  /** Bad rows of a block are reported after its good rows are written: the first row found may be behind them. */
  addRejected(row: number): void {
    this.#row++
    if (this.#isOfFirst && row <= this.#first!.row) this.#first!.row++
  }

  toString(): string {
    const { row, source } = this.#first!
    const have = this.#count === 1 ? 'row has' : 'rows have'
    const where = `${source === undefined ? '' : `${shown(source)}, `}row ${row}`
    const which = this.#count === 1 ? where : `the first is ${where}`
    return `${this.#count} ${have} a logit of -inf for the true class (${which})`
  }
}
