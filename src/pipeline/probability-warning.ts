/** Checks the logits of the first rows as they pass: the selected columns may hold probabilities. */
import { probabilityWatch, WATCHED } from '../core/probabilities.js'
import type { Block, RecordBatch, RecordBatchReader, TextBlocks } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { readBatch as readCsv } from '../formats/csv/batch.js'
import { readBatch as readNdjson } from '../formats/ndjson/batch.js'
import { rowOfLogits } from './batch-row.js'
import { limitBlock } from './row-limit.js'
import { readerOptions, type ScoreJob } from './score-job.js'

type Classes = Pick<Schema, 'classes' | 'binary' | 'sigmoid'>

/** The maximum number of logits to check in wide rows. */
const LOGITS = 2000

/** Wraps a reader; `warn` is called if its first logits look like probabilities. */
export function watchLogits(reader: RecordBatchReader, job: ScoreJob, warn: (text: string) => void): RecordBatchReader {
  const look = logitsWatch(job.schema, warn)
  const { text, groups } = reader
  const lookInto = (block: Block) => look(() => (Buffer.isBuffer(block) ? readFirst(block, text!, job) : undefined))
  const watchedBatches = (batches: AsyncGenerator<RecordBatch>) => watched(batches, (batch) => look(() => batch))
  const watchedFirst = (batches: AsyncGenerator<RecordBatch>, group: number) =>
    group === 0 ? watchedBatches(batches) : batches
  return {
    ...reader,
    batches: (plan) => watchedBatches(reader.batches(plan)),
    // Only the first row group: which other ones this thread reads depends on the other threads.
    ...(groups && {
      groups: { ...groups, batches: (plan, group) => watchedFirst(groups.batches(plan, group), group) },
    }),
    ...(text && { text: { ...text, blocks: () => watched(text.blocks(), lookInto) } }),
  }
}

/** Creates the function that checks the logits of the first batches. */
export function logitsWatch(classes: Classes, warn: (text: string) => void) {
  const look = probabilityWatch(classes.sigmoid || classes.binary === true, warn)
  return (read: () => RecordBatch | undefined): void =>
    look(() => {
      const batch = read()
      return batch ? firstLogits(batch, classes) : []
    })
}

async function* watched<Item>(items: AsyncGenerator<Item>, look: (item: Item) => void): AsyncGenerator<Item> {
  for await (const item of items) {
    look(item)
    yield item
  }
}

/** Reads the first rows of a block of text. */
function readFirst(block: Buffer, { source }: TextBlocks, job: ScoreJob): RecordBatch {
  const start = limitBlock(block, source, rowsFor(job.schema.classes.length))
  // Raw cells are read without csv-parse, which takes longer to load than everything else here.
  const nothing = { kept: [], isKept: undefined, rawRowKeys: undefined }
  const plan = { ...readerOptions(job), ...nothing, wantRaw: false, cells: 'encoded' as const }
  return source.format === 'csv'
    ? readCsv(start, source.columns, source.dialect, plan)
    : readNdjson(start, source.columns, plan)
}

/** The logits of the first good rows of a batch. */
function firstLogits(batch: RecordBatch, { classes, binary }: Classes): number[][] {
  const { logits, numRows, nesting, errors } = batch
  const width = binary ? 1 : classes.length
  const count = nesting ? logits.length / width : numRows
  const rows = Array.from({ length: Math.min(count, rowsFor(width)) }, (_, row) => row)
  const good = nesting ? rows : rows.filter((row) => !errors.has(row))
  return good.map((row) => rowOfLogits(batch, width, row))
}

function rowsFor(width: number): number {
  return Math.max(2, Math.min(WATCHED, Math.floor(LOGITS / Math.max(1, width))))
}
