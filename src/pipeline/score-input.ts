/** Scores one input into bytes. An input that does not define the number of classes waits for one that does. */
import { withSource } from '../core/errors.js'
import { isText } from '../core/formats.js'
import { requireApplicable } from '../core/options.js'
import type { RecordBatchReader } from '../core/record-batch.js'
import { loadFormat } from '../formats/index.js'
import { type Input, openInput } from './open-input.js'
import { limitRows } from './row-limit.js'
import { type InputSettings, isDone, type Origin, type Run, warnOfColumns } from './run.js'
import { scoreRows } from './score-rows.js'
import { closedReader, unmeasuredList } from './unmeasured-lists.js'

export async function* scoreInput(input: Input, run: Run): AsyncGenerator<Uint8Array> {
  try {
    const opened = await openInput(input, run.settings, warnFor(run, input.name))
    const { format, encoding } = opened
    const settings = { ...run.settings, from: format, to: run.settings.to ?? run.first?.format ?? format, encoding }
    requireApplicable(run.settings, format, settings.to)
    const taken = { bytes: 0 }
    const mayContinue = run.first !== undefined
    const source = isText(format) ? { ...opened, chunks: counted(opened.chunks, taken), mayContinue } : opened
    const reader = await (await loadFormat(format)).read(source, settings)
    const { head } = settings
    try {
      const limited = reader && head !== undefined ? limitRows(reader, head - run.stats.read) : reader
      if (limited) yield* scoreReader(limited, input, run, settings, { opened, taken, rows: reader?.rows })
    } finally {
      await reader?.close?.()
    }
    // After the requested rows, the rest of the file was not read.
    if (!isDone(run)) input.requireUnchanged?.()
  } catch (error) {
    throw withSource(error, input.name)
  } finally {
    input.close?.()
  }
}

/** Emits the warnings of an input, of those that inputs share only the first. */
function warnFor(run: Run, name: string | undefined): (text: string, isShared?: boolean) => void {
  return (text, isShared) => (isShared ? warnOfColumns(run, text, name) : run.emit('warning', text, name))
}

/** Scores the rows of an input, unless it has to wait for another to define the number of classes. */
async function* scoreReader(
  reader: RecordBatchReader,
  input: Input,
  run: Run,
  settings: InputSettings,
  origin: Origin,
): AsyncGenerator<Uint8Array> {
  if (!run.first && !run.single && reader.rows === 0 && unmeasuredList(reader, settings)) {
    run.unmeasured ??= []
    const taken = { bytes: reader.start?.byte ?? 0 }
    run.unmeasured.push({ reader: closedReader(reader), input, settings, origin: { ...origin, taken } })
  } else yield* scoreRows(reader, input, run, settings, origin)
}

async function* counted(chunks: AsyncGenerator<Buffer>, taken: { bytes: number }): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    taken.bytes += chunk.length
    yield chunk
  }
}
