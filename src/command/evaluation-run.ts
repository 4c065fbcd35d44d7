/** A run that evaluates rows without writing them; only its result is written. */
import type { Readable } from 'node:stream'
import type { SettingsOf } from '../core/options.js'
import type { Reject } from '../core/reject.js'
import type { Schema } from '../core/schema.js'
import { newStats, type Stats } from '../pipeline/row-counts.js'
import type { Run } from '../pipeline/run.js'
import { announce } from './announcement.js'
import { printDone } from './closing-line.js'
import { sourcesOf } from './inputs.js'
import { warn } from './messages.js'
import { openOutput } from './output.js'
import { progressOf } from './progress.js'
import { openRejects } from './rejects.js'
import { bytesSettings } from './score-options.js'
import { summarise } from './score-run.js'
import { type Abandoned, abandonOnSignal } from './signals.js'

/** Computes the result text from the inputs. */
export type ResultText = (
  sources: (string | Readable)[],
  settings: SettingsOf<'bytes'>,
  emit: Run['emit'],
) => Promise<string>

/**
 * Evaluates the inputs and writes the result to standard output or a file. On failure, `others` are abandoned as well.
 */
export async function writeEvaluation(
  inputs: string[],
  settings: SettingsOf<'command'>,
  resultText: ResultText,
  others: readonly Abandoned[] = [],
): Promise<void> {
  const start = performance.now()
  const files = [...others]
  abandonOnSignal(files)
  try {
    const output = await openOutput(settings.output, settings.clobber)
    files.push(output)
    const { text, done } = await evaluation(inputs, settings, resultText)
    await output.write(Buffer.from(text))
    await output.commit()
    summarise({ done, settings })
    if (settings.output !== undefined || settings.progress) printDone(settings, done, start)
  } catch (error) {
    for (const file of files) file.abandon()
    throw error
  }
}

/** The result text, and the row counts of the last pass over the inputs. */
async function evaluation(inputs: string[], settings: SettingsOf<'command'>, resultText: ResultText) {
  const rejects = settings.rejects === undefined ? undefined : await openRejects(settings.rejects)
  const onReject = rejects && ((reject: Reject) => rejects.add(reject))
  const bytes = { ...bytesSettings(settings), onReject } as SettingsOf<'bytes'>
  const progress = progressOf(settings, inputs, true)
  let done = newStats()
  try {
    const text = await resultText(sourcesOf(inputs), bytes, (event, what, source) => {
      if (event === 'warning') warn(settings, `${source}: ${what}`)
      if (event === 'schema') announce(what as Schema, settings)
      if (event !== 'progress') return
      done = what as Stats
      progress?.update(done.bytes, done.read)
    })
    await rejects?.close()
    return { text, done }
  } catch (error) {
    throw rejects ? await rejects.stop(error) : error
  } finally {
    progress?.clear()
  }
}
