/** The closing line on a terminal, or in a log with progress: what became of the rows, the rate, and the output. */
import type { SettingsOf } from '../core/options.js'
import { rejectedOf, type Stats } from '../pipeline/row-counts.js'
import { complain } from './messages.js'
import { grouped, rateOf, rowsText, showsRowsElsewhere } from './progress.js'

/** Prints what was done, by {@link sayResult}. */
export function printDone(settings: SettingsOf<'command'>, done: Stats, start: number): void {
  printResult(settings, () => closingLine(settings, done, (performance.now() - start) / 1000))
}

/** Prints a result: on a terminal, unless the output goes to the same one, and in a log if progress is requested. */
export function printResult(settings: SettingsOf<'command'>, text: () => string): void {
  const isSeen = process.stderr.isTTY ? showsRowsElsewhere(settings) : settings.progress
  if (isSeen && !settings.quiet) complain(text(), 'done')
}

/** `scored.csv: 897 of 899 rows in 0.12 s, 7,492 rows/s; 2 in bad.ndjson` */
export function closingLine(
  { output, rejects }: Pick<SettingsOf<'command'>, 'output' | 'rejects'>,
  done: Pick<Stats, 'read' | 'written' | 'rejected'>,
  seconds: number,
): string {
  const bad = rejectedOf(done as Stats)
  const all = rowsText(done.read)
  const rows = bad > 0 ? `${grouped(done.read - bad)} of ${all}` : all
  const time = seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)
  const where =
    bad === 0 ? '' : rejects === undefined ? `; ${grouped(bad)} rejected` : `; ${grouped(bad)} in ${rejects}`
  return `${output ?? 'standard output'}: ${rows} in ${time} s, ${rateOf(done.read, seconds)}${where}`
}
