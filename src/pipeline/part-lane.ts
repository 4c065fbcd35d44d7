/**
 * The parts of an input, each read, scored and encoded by one thread, of which this is one: so no thread waits for another to
 * read, and no logits are copied between them. What becomes of a part is held until those before it are written.
 */
import type { Encode, RecordBatchReader, ScoredRows } from '../core/record-batch.js'
import { inOrder } from '../io/in-order.js'
import { readerOptions } from './score-job.js'
import { TablePool } from './table-pool.js'
import { partOf, scoreAll, type TableJob, type TablePart, tableTask } from './table-task.js'

/** How many parts may wait for those before them. */
const WAITING = 2

/** Scores the parts of a reader that has some, on up to `jobs` threads. */
export async function* partLane(
  reader: RecordBatchReader,
  table: TableJob,
  encode: Encode,
  jobs: number,
): AsyncGenerator<ScoredRows<TablePart>> {
  const { count, source } = reader.parts!
  const here = new PartScorer(reader, table, encode)
  const pool = new TablePool(table, source)
  pool.start(jobs - 1)
  const score = async (part: number) => {
    // A part waits until a thread is free, so that it is not in the queue of one while another has nothing to do.
    while (here.isBusy && !pool.isFree) await (pool.hasFailed ? here.idle : Promise.race([here.idle, pool.nextFree()]))
    // What a worker fails at is scored here.
    return (pool.isFree ? await pool.scorePart(part) : undefined) ?? here.score(part)
  }
  try {
    for await (const scored of inOrder(numbersBelow(count), score, jobs + WAITING)) {
      for (const part of scored) yield partOf(part, NO_PLACE)
    }
  } finally {
    await pool.close()
  }
}

async function* numbersBelow(count: number): AsyncGenerator<number> {
  for (let number = 0; number < count; number++) yield number
}

const NO_PLACE = { lines: 0, bytes: 0 }

/** Scores parts on this thread, one after the other. */
class PartScorer {
  readonly #reader: RecordBatchReader
  readonly #table: TableJob
  readonly #score: ReturnType<typeof tableTask>
  #under = 0
  /** Resolves once no part is scored any longer. */
  idle: Promise<unknown> = Promise.resolve()

  constructor(reader: RecordBatchReader, table: TableJob, encode: Encode) {
    this.#reader = reader
    this.#table = table
    this.#score = tableTask(table, encode)
  }

  get isBusy(): boolean {
    return this.#under > 0
  }

  score(part: number): Promise<TablePart[]> {
    this.#under++
    const scored = this.idle.then(() => this.#scoreAll(part)).finally(() => this.#under--)
    this.idle = scored.catch(() => {})
    return scored
  }

  #scoreAll(part: number): Promise<TablePart[]> {
    return scoreAll(this.#reader.batches(readerOptions(this.#table.job), part), this.#score)
  }
}
