/** `softmax --dry-run`: shows what a run would do. */
import type { SettingsOf } from '../core/options.js'
import { dryRun } from './dry-run.js'
import { nameOf, sourcesOf } from './inputs.js'
import { warn } from './messages.js'
import { openOutput } from './output.js'
import { scoreOptions } from './score-options.js'

/** Prints the plan to standard output, below `heading`. */
export async function showPlan(inputs: string[], settings: SettingsOf<'command'>, heading = ''): Promise<void> {
  const names = { inputs: inputs.map(nameOf), output: settings.output }
  const output = await openOutput(undefined)
  const report = dryRun(sourcesOf(inputs), scoreOptions(settings), names, (text, source) =>
    warn(settings, `${source}: ${text}`),
  )
  if (heading) await output.write(Buffer.from(heading))
  for await (const text of report) await output.write(Buffer.from(text))
  await output.commit()
}
