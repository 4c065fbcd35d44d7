/** Scores an open input into bytes: resolves its columns, then runs a lane. */
import { SoftmaxError } from '../core/errors.js'
import { isText } from '../core/formats.js'
import { items } from '../core/options.js'
import type { Format, OutputSchema, RecordBatchReader, RecordBatchWriter } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { nullTruthWarning, truthWarnings } from '../core/truth-names.js'
import { loadFormat } from '../formats/index.js'
import { orderWarnings } from './columns.js'
import { inputInfo } from './input-info.js'
import { jobOf, newWriter } from './job.js'
import { setTypes } from './kept-types.js'
import { countLane, laneOf } from './lanes.js'
import { withSelection } from './matched-columns.js'
import type { Input } from './open-input.js'
import { watchLogits } from './probability-warning.js'
import { requireAllBytes } from './row-counts.js'
import { type InputSettings, isDone, type Origin, type Run } from './run.js'
import { outputSchema } from './score-job.js'
import { measureByFirst } from './unmeasured-lists.js'
import { watchKeys } from './unseen-keys.js'

export async function* scoreRows(
  reader: RecordBatchReader,
  input: Input,
  run: Run,
  settings: InputSettings,
  { opened, taken, rows: count }: Origin,
): AsyncGenerator<Uint8Array> {
  if (run.first) measureByFirst(reader, withSelection(settings, reader, run), run.first.schema)
  const format = await loadFormat(settings.to)
  const isFirst = !run.first
  const job = await jobOf({ reader, format, input, run, settings }).catch((error) => {
    throw ofVerb(error, run)
  })
  run.metrics?.begin(job.schema)
  setTypes(reader, job, run, settings)
  watchKeys(reader, job, run)
  const blockStart = { line: 1, row: 1, byte: 0, ...reader.start }
  const warn = (text: string) => run.emit('warning', text, input.name)
  const lane = laneOf(isFirst ? watchLogits(reader, job, warn) : reader, job, run, settings)
  const to = run.outputFormat ?? settings.to
  run.emit('input', inputInfo({ ...opened, rows: count }, reader, job, { to }, run.stats.lane), input.name)
  const schema = outputSchema(job, reader, run.single)
  const writer = await writerOf(format, schema, reader, run, settings)
  if (isFirst) for (const text of warningsOf(writer, job.schema, schema, settings)) warn(text)
  const beginning: Buffer[] = []
  if (isFirst) for await (const piece of buffersOf(writer.begin())) beginning.push(piece)
  // Loops, because yield* forwards a thrown error to the inner iterator, and array iterators have no throw().
  if (reader.text) for (const piece of beginning.splice(0)) yield piece
  yield* behindFirst(beginning, countLane(lane(writer), run, blockStart, input.name, reader.relocate))
  if (reader.text && !isDone(run)) requireAllBytes(taken.bytes, blockStart.byte)
}

/** The writer of an input, which all inputs share if it is not that of text: that may copy raw cells of its input. */
async function writerOf(
  format: Format,
  schema: OutputSchema,
  reader: RecordBatchReader,
  run: Run,
  { to }: InputSettings,
): Promise<RecordBatchWriter> {
  const writer = run.writer ?? (run.measures ? NO_WRITER : await newWriter(format, schema, reader))
  run.kept ??= schema.kept
  if (!isText(to)) run.writer = writer
  return writer
}

/** The warnings about the output, which come with the first input. */
function warningsOf(
  { warnings = [] }: RecordBatchWriter,
  schema: Schema,
  { header }: OutputSchema,
  settings: InputSettings,
): string[] {
  return [
    ...warnings,
    ...orderWarnings(schema, settings, header),
    ...truthWarnings(schema),
    ...nullTruths(schema, settings),
  ]
}

/** The error for columns that may not be logits, if the rows are not scored. */
function ofVerb(error: unknown, { measures, probe }: Run): unknown {
  if (!measures || !SoftmaxError.is(error, 'E_COLUMNS')) return error
  return new SoftmaxError('E_COLUMNS', { ...error.info, verb: probe ? 'calibrate' : 'evaluate' })
}

/** The warning that a text means an unknown true class and a class. */
function nullTruths(schema: Schema, { null: nulls = [] }: InputSettings): string[] {
  if (schema.truth === undefined || schema.truths || schema.truthList) return []
  return [nullTruthWarning(schema, items(nulls)) ?? []].flat()
}

/** Delays the start of the output until the first rows are read: their compression may be unsupported. */
async function* behindFirst(
  beginning: readonly Buffer[],
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    const first = await rest.next()
    for (const piece of beginning) yield piece
    if (first.done) return
    yield first.value
    yield* rest
  } finally {
    // If the consumer stops at the first piece, the lane must be closed as well.
    await rest.return(undefined)
  }
}

/** For runs without output. */
const NO_WRITER: RecordBatchWriter = { begin: () => [], write: () => [], end: () => [] }

/** Converts the output of a writer to buffers. */
export async function* buffersOf(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const { buffer, byteOffset, byteLength } of pieces) yield Buffer.from(buffer, byteOffset, byteLength)
}
