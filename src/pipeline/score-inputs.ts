/** Inputs -> bytes: each is opened, its columns are resolved, and a lane scores its rows into the one output. */
import { COMMAS, type Dialect } from '../core/dialect.js'
import { SoftmaxError, withSource } from '../core/errors.js'
import { delimiterOf, isText } from '../core/formats.js'
import { requireNames } from '../core/header-names.js'
import { EVIDENCE_ROWS, pandasIndexNames } from '../core/logit-columns.js'
import { requireApplicable } from '../core/options.js'
import type { Format, OutputSchema, RecordBatchReader, RecordBatchWriter } from '../core/record-batch.js'
import { type Evidence, needsEvidence, requireKeys, resolveTable } from '../core/schema.js'
import { evenBatches } from '../formats/even-batches.js'
import { loadFormat } from '../formats/index.js'
import { numbersOf, resolveColumns } from './columns.js'
import { closedReader, unmeasuredList } from './empty-lists.js'
import { firstRows } from './first-rows.js'
import { headOf } from './head.js'
import { inputInfo } from './input-info.js'
import { inferTypes } from './kept-types.js'
import { countLane, laneOf } from './lanes.js'
import { type Input, openInput } from './open-input.js'
import { requireAllBytes, requireConservation, requireRows } from './row-counts.js'
import type { InputSettings, Origin, Run } from './run.js'
import { outputSchema, type ScoreJob } from './scorer.js'

/** Scores inputs one after the other into one output. */
export async function* scoreInputs(inputs: readonly Input[], run: Run): AsyncGenerator<Uint8Array> {
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

/** Text of no columns is empty; a file of another format has to tell its columns. */
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
  { opened, taken, rows }: Origin,
): AsyncGenerator<Uint8Array> {
  const list = unmeasuredList(reader, settings)
  if (list && run.first) list.width = run.first.schema.classes.length
  const format = await loadFormat(settings.to)
  const isFirst = !run.first
  const job = jobOf(reader, format, input, run, settings, await evidenceOf(reader, run, settings))
  if (settings.types === 'infer') inferTypes(reader, job, run, input.name)
  const place = { line: 1, row: 1, byte: reader.text?.rowOffset ?? 0, ...reader.start }
  const lane = laneOf(reader, job, run, settings)
  run.emit('input', inputInfo({ ...opened, rows }, reader, job, settings, run.stats.lane), input.name)
  const schema = outputSchema(job, reader, run.single)
  const writer = run.writer ?? (await newWriter(format, schema, reader))
  run.kept ??= schema.kept
  if (isFirst) for (const text of writer.warnings ?? []) run.emit('warning', text, input.name)
  // A writer of text is of one input, whose cells it may take as they stand.
  if (!isText(settings.to)) run.writer = writer
  if (isFirst) yield* buffersOf(writer.begin())
  yield* countLane(lane(writer), run, place, input.name, reader.relocate)
  if (reader.text && !isDone(run)) requireAllBytes(taken.bytes, place.byte)
}

/** What the columns of the first input are guessed by, where they have to be. */
async function evidenceOf(reader: RecordBatchReader, { first }: Run, settings: InputSettings): Promise<Evidence> {
  if (first || !needsEvidence(settings, reader.columns, reader.named)) return {}
  return { rows: await firstRows(reader, EVIDENCE_ROWS), indexNames: pandasIndexNames(reader.metadata) }
}

/** The writer of an output. The blocks of a text are no batches that a file is to have. */
async function newWriter(
  format: Format,
  schema: OutputSchema,
  { text }: RecordBatchReader,
): Promise<RecordBatchWriter> {
  const writer = await format.write(schema)
  return text && format.typed ? evenBatches(writer, schema) : writer
}

/** Resolves the columns of an input, and what scoring has to know of them. */
function jobOf(
  reader: RecordBatchReader,
  { shapes, numbersOnly, typed }: Format,
  input: Input,
  run: Run,
  settings: InputSettings,
  evidence: Evidence,
): ScoreJob {
  const { columns, named, headerLine, rows } = reader
  const rawRows = settings.from === 'ndjson' && settings.to === 'ndjson' && named && settings.keep
  const resolve = (settings: Run['settings']) => {
    const schema = resolveTable(settings, columns, { named, shapes, objects: rawRows, isEmpty: rows === 0 }, evidence)
    if (named && headerLine !== undefined && settings.header === undefined) {
      requireNames(
        schema.logits.map((index) => schema.header[index]!),
        headerLine,
      )
    }
    if (settings.to === 'ndjson') requireKeys(schema, rawRows)
    return numbersOnly ? numbersOf(schema, input, run, settings) : schema
  }
  const names = named ? columns.map(({ name }) => name) : undefined
  const schema = resolveColumns(names, columns.length, resolve, input, run, settings)
  for (const warning of reader.warnings ?? []) run.emit('warning', warning, input.name)
  const dialect = reader.text?.source.format === 'csv' ? reader.text.source.dialect : undefined
  const output = delimiterOf(settings.to) === undefined ? undefined : outputDialect(settings, dialect)
  return { settings, schema, rawRows, typed, wantRaw: settings.onReject !== undefined, input: dialect, output }
}

async function* buffersOf(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const { buffer, byteOffset, byteLength } of pieces) yield Buffer.from(buffer, byteOffset, byteLength)
}

async function* counted(chunks: AsyncGenerator<Buffer>, taken: { bytes: number }): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    taken.bytes += chunk.length
    yield chunk
  }
}

/** The output is written as the input is, unless it is asked for in another format. */
function outputDialect({ from, to }: InputSettings, input: Dialect | undefined): Dialect {
  if (input && to === from) return { ...input, newline: '\n', trailing: false }
  return { ...COMMAS, delimiter: delimiterOf(to) ?? ',' }
}
