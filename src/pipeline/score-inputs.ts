/** Inputs -> bytes: each is opened, its columns are resolved, and a lane scores its rows into the one output. */
import { SoftmaxError, withSource } from '../core/errors.js'
import { isText, rowFormatOf } from '../core/formats.js'
import { requireApplicable } from '../core/options.js'
import { inputsOf } from '../core/output-columns.js'
import type { RecordBatchReader, RecordBatchWriter } from '../core/record-batch.js'
import { loadFormat } from '../formats/index.js'
import { arrayOf } from '../formats/ndjson/array.js'
import { closedReader, unmeasuredList } from './empty-lists.js'
import { headOf } from './head.js'
import { inputInfo } from './input-info.js'
import { jobOf, newWriter } from './job.js'
import { inferTypes } from './kept-types.js'
import { countLane, laneOf } from './lanes.js'
import { type Input, openInput } from './open-input.js'
import { requireAllBytes, requireConservation, requireRows } from './row-counts.js'
import type { InputSettings, Origin, Run } from './run.js'
import { outputSchema } from './score-job.js'

/** Scores inputs one after the other into one output. */
export function scoreInputs(inputs: readonly Input[], run: Run): AsyncGenerator<Uint8Array> {
  const { settings, measures } = run
  const asked = settings.to ?? settings.from
  const to = rowFormatOf(asked)
  if (to === asked || measures) return scoreAll(inputs, run)
  return arrayOf(scoreAll(inputs, { ...run, settings: { ...settings, to }, outputFormat: asked }))
}

async function* scoreAll(inputs: readonly Input[], run: Run): AsyncGenerator<Uint8Array> {
  try {
    for (const input of inputs) if (!isDone(run)) yield* scoreInput(input, run)
    for (const { reader, input, settings, origin } of run.unmeasured ?? []) {
      yield* scoreRows(reader, input, run, settings, origin)
    }
    requireConservation(run.stats)
    requireRows(run)
    requireColumns(run)
    if (run.writer) yield* buffersOf(run.writer.end())
  } catch (error) {
    throw withSource(error, inputs.length === 1 ? inputs[0]!.name : undefined)
  } finally {
    await run.writer?.close?.()
  }
}

/** Whether as many rows were read as are asked for. */
function isDone({ first, settings: { head }, stats }: Run): boolean {
  return first !== undefined && head !== undefined && stats.read >= head
}

/** Text of no columns is empty; a file of another format has to name its columns. */
function requireColumns({ first, settings: { to } }: Run): void {
  if (!first && to !== undefined && !isText(to)) throw new SoftmaxError('E_NO_COLUMNS', { to })
}

async function* scoreInput(input: Input, run: Run): AsyncGenerator<Uint8Array> {
  try {
    const opened = await openInput(input, run.settings, (text) => run.emit('warning', text, input.name))
    const { format, encoding } = opened
    const settings = { ...run.settings, from: format, to: run.settings.to ?? run.first?.format ?? format, encoding }
    requireApplicable(run.settings, format)
    const taken = { bytes: 0 }
    const source = isText(format) ? { ...opened, chunks: counted(opened.chunks, taken) } : opened
    const reader = await (await loadFormat(format)).read(source, settings)
    const { head } = settings
    try {
      const asked = reader && head !== undefined ? headOf(reader, head - run.stats.read) : reader
      if (asked) yield* scoreReader(asked, input, run, settings, { opened, taken, rows: reader?.rows })
    } finally {
      await reader?.close?.()
    }
    // What is behind the rows that were asked for is not read.
    if (!isDone(run)) input.requireUnchanged?.()
  } catch (error) {
    throw withSource(error, input.name)
  } finally {
    input.close?.()
  }
}

/** Scores the rows of an input; one that does not say how many classes there are waits for another that does. */
async function* scoreReader(
  reader: RecordBatchReader,
  input: Input,
  run: Run,
  settings: InputSettings,
  origin: Origin,
): AsyncGenerator<Uint8Array> {
  if (!run.first && !run.single && unmeasuredList(reader, settings)) {
    run.unmeasured ??= []
    run.unmeasured.push({ reader: closedReader(reader), input, settings, origin: { ...origin, taken: { bytes: 0 } } })
  } else yield* scoreRows(reader, input, run, settings, origin)
}

async function* scoreRows(
  reader: RecordBatchReader,
  input: Input,
  run: Run,
  settings: InputSettings,
  { opened, taken, rows: count }: Origin,
): AsyncGenerator<Uint8Array> {
  const list = unmeasuredList(reader, settings)
  if (list && run.first) list.width = inputsOf(run.first.schema)
  const format = await loadFormat(settings.to)
  const isFirst = !run.first
  const job = await jobOf(reader, format, input, run, settings)
  run.metrics?.begin(job.schema)
  if (settings.types === 'infer') inferTypes(reader, job, run, input.name)
  const place = { line: 1, row: 1, byte: reader.text?.rowOffset ?? 0, ...reader.start }
  const lane = laneOf(reader, job, run, settings)
  run.emit(
    'input',
    inputInfo({ ...opened, rows: count }, reader, job, { to: run.outputFormat ?? settings.to }, run.stats.lane),
    input.name,
  )
  const schema = outputSchema(job, reader, run.single)
  const writer = run.writer ?? (run.measures ? NO_WRITER : await newWriter(format, schema, reader))
  run.kept ??= schema.kept
  if (isFirst) for (const text of writer.warnings ?? []) run.emit('warning', text, input.name)
  // A writer of text is of one input, whose cells it may take as they stand.
  if (!isText(settings.to)) run.writer = writer
  const beginning: Buffer[] = []
  if (isFirst) for await (const piece of buffersOf(writer.begin())) beginning.push(piece)
  // In loops: yield* would pass on an error that is thrown into it, which the iterator of an array does not take.
  if (reader.text) for (const piece of beginning.splice(0)) yield piece
  yield* behindFirst(beginning, countLane(lane(writer), run, place, input.name, reader.relocate))
  if (reader.text && !isDone(run)) requireAllBytes(taken.bytes, place.byte)
}

/** The beginning of an output, once the first rows are there: they may be in a compression that is not read. */
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
    // A reader that leaves at the first piece ends the lane, too.
    await rest.return(undefined)
  }
}

/** Where nothing is written. */
const NO_WRITER: RecordBatchWriter = { begin: () => [], write: () => [], end: () => [] }

async function* buffersOf(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const { buffer, byteOffset, byteLength } of pieces) yield Buffer.from(buffer, byteOffset, byteLength)
}

async function* counted(chunks: AsyncGenerator<Buffer>, taken: { bytes: number }): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    taken.bytes += chunk.length
    yield chunk
  }
}
