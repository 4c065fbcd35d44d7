/** Turns rows of objects into predictions, in batches; the first good row defines the shape. */
import { ignoredShapeWarning } from '../core/declared-shape.js'
import { SoftmaxError } from '../core/errors.js'
import { EVIDENCE_ROWS } from '../core/logit-columns.js'
import { rounder } from '../core/number.js'
import { items, type SettingsOf, type ValueOf } from '../core/options.js'
import { classWarnings, requireClasses } from '../core/output-layout.js'
import { PREDICTED, type Prediction, predictor } from '../core/prediction.js'
import type { RowError, ScoredRows } from '../core/record-batch.js'
import { typesOf } from '../core/source-types.js'
import { nullTruthWarning } from '../core/truth-names.js'
import { lookAhead } from '../io/look-ahead.js'
import { lacksList } from './missing-list.js'
import { readRows } from './object-rows.js'
import { hasNoLogit, needsEvidence, type RowShape, shapeAmong } from './object-shape.js'
import { logitsWatch } from './probability-warning.js'
import { countRows, errorsLeft, type RowTotals, requireConservation, requireRows } from './row-counts.js'
import { batchScorer, countsOf } from './scorer.js'

/** The maximum number of rows scored together; as many may be buffered. */
export const BATCH = 64

type Settings = SettingsOf<'objects'> & { op: ValueOf<'op'> }

interface Run {
  settings: Settings
  stats: RowTotals
  emit(event: 'schema' | 'warning', what: unknown): void
}

/** Predicts and counts rows; bad rows are reported. */
export async function* predictRows(
  batches: AsyncGenerator<unknown[]>,
  run: Run,
): AsyncGenerator<readonly Prediction[]> {
  yield* countRows(scoredRows(batches, run), run, { isAhead: true })
  requireConservation(run.stats)
  requireRows(run)
}

/** Scores rows in batches, buffering them until the shape is known. */
async function* scoredRows(batches: AsyncGenerator<unknown[]>, run: Run): AsyncGenerator<ScoredRows<Prediction>> {
  const { first, all } = await firstRows(batches, run.settings)
  let score: ((rows: unknown[]) => ScoredRows<Prediction>) | undefined
  let waiting: unknown[] = []
  function* scored(isAll: boolean): Generator<ScoredRows<Prediction>> {
    while (!score && waiting.length > 0) {
      const [row] = waiting
      const shape = unlessRefused(() => shapeAmong(waiting, first, run.settings, isAll))
      if (!shape) return
      if (shape instanceof SoftmaxError) {
        if (run.settings.onError === 'skip') yield allRefused(waiting.slice(0, errorsLeft(run)), shape)
        throw shape
      }
      if ('code' in shape) {
        const bad = waiting.slice(0, Math.min(countLike(waiting, run.settings), 1 + errorsLeft(run)))
        waiting = waiting.slice(bad.length)
        yield allRefused(bad, shape)
      } else {
        announce(shape, row, run)
        score = rowScorer(shape, run, row as object)
      }
    }
    if (!score || waiting.length === 0) return
    const rows = waiting
    waiting = []
    yield score(rows)
  }
  for await (const batch of all) {
    waiting = waiting.length === 0 ? batch : [...waiting, ...batch]
    yield* scored(false)
  }
  yield* scored(true)
}

/** How many rows are bad like the first one: it, or also those after it that lack a list of logits, as it does. */
function countLike(rows: readonly unknown[], settings: Settings): number {
  const end = rows.findIndex((row) => !lacksList(row, settings))
  return end < 0 ? rows.length : Math.max(1, end)
}

/** The errors of rows that do not have what the options name. */
const REFUSALS = ['E_COLUMNS', 'E_LABELS', 'E_NAME', 'E_SELECTOR'] as const

function unlessRefused<Shape>(shape: () => Shape): Shape | SoftmaxError {
  try {
    return shape()
  } catch (error) {
    if (REFUSALS.some((code) => SoftmaxError.is(error, code))) return error as SoftmaxError
    throw error
  }
}

/** Rows of which none has a valid shape are reported like other bad rows, as far as the limit allows. */
function allRefused(
  rows: readonly unknown[],
  { code, info }: { code: RowError['code']; info: object },
): ScoredRows<Prediction> {
  const errors = rows.map((value, row) => ({ code, info: { ...info, row }, value }))
  return { ...NOTHING, rows: rows.length, errors }
}

/** The sample rows that determine which properties are logits, and the stream of all rows. */
async function firstRows(batches: AsyncGenerator<unknown[]>, settings: Settings) {
  const first: unknown[] = []
  const wantsMore = (row: unknown) => first.push(row) < EVIDENCE_ROWS && needsEvidence(first, settings)
  return { first, all: await lookAhead(batches, (batch) => batch.every(wantsMore)) }
}

function announce(shape: RowShape, row: unknown, { settings, emit }: Run): void {
  const { schema, layout, otherShape, logitsProperty = '', truth } = shape
  if (schema) emit('schema', schema)
  if (otherShape) emit('warning', ignoredShapeWarning(logitsProperty, otherShape))
  const keys = layout.shape === 'record' ? (shape.columns as string[]) : undefined
  const isSingle = settings.onError === 'skip' || !hasNoLogit(row, shape)
  if (isSingle) requireClasses(layout, settings)
  for (const warning of classWarnings(layout, settings, { isSingle, keys })) emit('warning', warning)
  if (truth === undefined) return
  const nulls = shape.truths ? undefined : nullTruthWarning(layout, items(settings.null ?? []))
  if (nulls !== undefined) emit('warning', nulls)
}

const NOTHING = { pieces: [], rows: 0, written: 0, lines: 0, bytes: 0 }

/** Creates the function that scores rows of a shape, which is that of the first row. */
function rowScorer(shape: RowShape, run: Run, first: object): (rows: unknown[]) => ScoredRows<Prediction> {
  const { settings } = run
  const look = logitsWatch(shape.layout, (text) => run.emit('warning', text))
  const score = batchScorer({ schema: { ...shape.layout, logitKeys: shape.columns }, settings })
  const predict = predictor(shape.layout, rounder(settings), settings.emit !== PREDICTED, typesOf(first))
  return (batch) => {
    const read = readRows(batch, shape, settings)
    look(() => read)
    const { scores, good, rowErrors, rows } = score(read, errorsLeft(run))
    const pieces = good.map((row) => predict(read.rest[row]!, scores, row))
    return { ...NOTHING, pieces, rows, written: pieces.length, ...countsOf(scores, good), errors: rowErrors }
  }
}
