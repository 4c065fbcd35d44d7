/** Scores inputs one after the other into one output. */
import { SoftmaxError, withSource } from '../core/errors.js'
import { isText, rowFormatOf } from '../core/formats.js'
import type { LogitsForm } from '../core/logits-list.js'
import type { SettingsOf } from '../core/options.js'
import { arrayOf } from '../formats/ndjson/array.js'
import { flattenedWarning } from './columns.js'
import { watchNul } from './nul-characters.js'
import type { Input } from './open-input.js'
import { preview } from './preview.js'
import { rejectedOf, requireConservation, requireRows } from './row-counts.js'
import { isDone, type Run } from './run.js'
import { scoreInput } from './score-input.js'
import { buffersOf, scoreRows } from './score-rows.js'
import { formOfLogits } from './unmeasured-lists.js'
import { unseenKeysWarning } from './unseen-keys.js'

/** Scores inputs one after the other into one output. */
export function scoreInputs(inputs: readonly Input[], run: Run): AsyncGenerator<Uint8Array> {
  const { settings, measures } = run
  const requested = settings.to ?? settings.from
  const to = rowFormatOf(requested)
  if (to === requested || measures) return scoreAll(inputs, run)
  return arrayOf(scoreAll(inputs, { ...run, settings: { ...settings, to }, outputFormat: requested }))
}

async function* scoreAll(inputs: readonly Input[], run: Run): AsyncGenerator<Uint8Array> {
  const { signal } = run.settings
  const stopListening = closeOnAbort(inputs, signal)
  try {
    for (const [nth, input] of inputs.entries()) {
      run.laterForm = () => laterForm(inputs.slice(nth + 1), run.settings)
      if (!isDone(run)) yield* checked(scoreInput(input, run), input, run)
    }
    for (const { reader, input, settings, origin } of run.unmeasured ?? []) {
      yield* scoreRows(reader, input, run, settings, origin)
    }
    // An input that was closed is not complete.
    signal?.throwIfAborted()
    requireConservation(run.stats)
    requireRows(run)
    requireColumns(run)
    for (const warning of [flattenedWarning(run), leftOutWarning(run), unseenKeysWarning(run)]) {
      if (warning !== undefined) run.emit('warning', warning, run.first?.name)
    }
    if (run.writer) yield* buffersOf(run.writer.end())
  } catch (error) {
    throw withSource(error, inputs.length === 1 ? inputs[0]!.name : undefined)
  } finally {
    stopListening()
    await run.writer?.close?.()
  }
}

/** How many files are looked at to find the number of classes. */
const MOST_LATER = 100

/** The form of the logits in the first of some inputs whose rows show it. */
async function laterForm(inputs: readonly Input[], settings: SettingsOf<'bytes'>): Promise<LogitsForm | undefined> {
  for (const { file } of inputs.slice(0, MOST_LATER)) {
    const form = file && (await preview(file.path, settings, (reader) => formOfLogits(reader, settings)))
    if (form) return form
  }
  return undefined
}

/** Warns of text that PostgreSQL refuses, unless it was in its format before. */
function checked(pieces: AsyncGenerator<Uint8Array>, { name }: Input, run: Run): AsyncGenerator<Uint8Array> {
  const warn = (text: string) => {
    if (run.first?.format !== 'copy') run.emit('warning', text, name)
  }
  return run.settings.to === 'copy' && !run.measures ? watchNul(pieces, warn) : pieces
}

/** Closes all inputs if a signal aborts, as a pending read may never finish; returns the function that ends that. */
function closeOnAbort(inputs: readonly Input[], signal: AbortSignal | undefined): () => void {
  const close = () => {
    for (const input of inputs) input.close?.()
  }
  signal?.addEventListener('abort', close)
  return () => signal?.removeEventListener('abort', close)
}

function leftOutWarning({ gapWarning, measures, stats }: Run): string | undefined {
  return rejectedOf(stats) > 0 && stats.written > 0 && !measures ? gapWarning : undefined
}

/** Text without columns is empty, but a binary format has to declare its columns. */
function requireColumns({ first, settings: { to } }: Run): void {
  if (!first && to !== undefined && !isText(to)) throw new SoftmaxError('E_NO_COLUMNS', { to })
}
