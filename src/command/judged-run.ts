/** A run of the command that judges rows and writes none: what it finds goes to its output. */
import type { Readable } from 'node:stream'
import type { SettingsOf } from '../core/options.js'
import type { Reject } from '../core/reject.js'
import type { Schema } from '../core/schema.js'
import type { Stats } from '../pipeline/row-counts.js'
import type { Run } from '../pipeline/run.js'
import { announce } from './announcement.js'
import { sourcesOf } from './inputs.js'
import { warn } from './messages.js'
import { openOutput } from './output.js'
import { progressOf } from './progress.js'
import { openRejects } from './rejects.js'
import { bytesSettings } from './score-options.js'
import { type Abandoned, abandonOnSignal } from './signals.js'

/** Makes the text that is written, of the inputs. */
export type Judge = (
  sources: (string | Readable)[],
  settings: SettingsOf<'bytes'>,
  emit: Run['emit'],
) => Promise<string>

/** Judges the inputs, and writes what comes of it to standard output or to a file. If that fails, `others` are abandoned too. */
export async function writeJudged(
  inputs: string[],
  settings: SettingsOf<'command'>,
  judge: Judge,
  others: readonly Abandoned[] = [],
): Promise<void> {
  const files = [...others]
  abandonOnSignal(files)
  try {
    const output = await openOutput(settings.output, settings.clobber)
    files.push(output)
    await output.write(Buffer.from(await judged(inputs, settings, judge)))
    await output.commit()
  } catch (error) {
    for (const file of files) file.abandon()
    throw error
  }
}

async function judged(inputs: string[], settings: SettingsOf<'command'>, judge: Judge): Promise<string> {
  const rejects = settings.rejects === undefined ? undefined : await openRejects(settings.rejects)
  const onReject = rejects && ((reject: Reject) => rejects.add(reject))
  const bytes = { ...bytesSettings(settings), onReject } as SettingsOf<'bytes'>
  const progress = progressOf(settings, inputs, true)
  try {
    return await judge(sourcesOf(inputs), bytes, (event, what, source) => {
      if (event === 'warning') warn(settings, `${source}: ${what}`)
      if (event === 'schema') announce(what as Schema, settings)
      if (event === 'progress') progress?.update((what as Stats).bytes, (what as Stats).read)
    })
  } finally {
    progress?.clear()
    await rejects?.close()
  }
}
