/** `softmax evaluate --merge`: the metrics of rows evaluated by several processes, from the sums they printed. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { SoftmaxError, systemReason } from '../core/errors.js'
import { addSums, type MetricSums, metricsOfSums, readSums, sumsText } from '../core/metric-sums.js'
import { optionText } from '../core/option-words.js'
import type { SettingsOf } from '../core/options.js'
import { metricsText } from './evaluate.js'
import { nameOf, sourcesOf } from './inputs.js'
import { warnOfShift } from './messages.js'
import { openOutput } from './output.js'

/** The metrics of all rows behind the sums in the inputs. */
export async function mergeInputs(inputs: string[], options: object, settings: SettingsOf<'command'>): Promise<void> {
  const other = Object.keys(options).find((name) => !MERGING.has(name))
  if (other !== undefined) {
    throw new SoftmaxError('E_CONFLICT', { reason: `--merge reads no rows; leave out ${optionText(other)}` })
  }
  const sums = await mergedSums(sourcesOf(inputs), inputs.map(nameOf))
  if (!settings.partial) requireLabelled(sums)
  const output = await openOutput(settings.output, settings.clobber)
  await output.write(Buffer.from(settings.partial ? `${sumsText(sums)}\n` : mergedText(sums, settings)))
  await output.commit()
}

function mergedText(sums: MetricSums, settings: SettingsOf<'command'>): string {
  const metrics = metricsOfSums(sums)
  warnOfShift(settings, metrics)
  return metricsText(metrics, settings)
}

/** Throws E_NO_ROWS if there are rows but none with a true class. */
function requireLabelled({ totals: { rows, unlabelled }, rejected, truth }: MetricSums): void {
  const read = unlabelled + rejected
  if (rows > 0 || read === 0) return
  throw new SoftmaxError('E_NO_ROWS', { rows: read, truth: unlabelled > 0 ? truth : undefined })
}

/** The options that apply to merging. */
const MERGING = new Set(['merge', 'partial', 'json', 'output', 'clobber', 'quiet', 'debug', 'progress'])

/** Adds the sums in all lines of all inputs. Throws E_SUMS. */
async function mergedSums(sources: (string | Readable)[], names: readonly string[]): Promise<MetricSums> {
  let all: MetricSums | undefined
  for (const [nth, source] of sources.entries()) {
    const input = typeof source === 'string' ? createReadStream(source) : source
    try {
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
        if (line.trim() === '') continue
        const sums = readSums(line)
        all = all ? addSums(all, sums) : sums
      }
    } catch (cause) {
      throw located(cause, names[nth]!)
    }
  }
  if (!all) throw new SoftmaxError('E_SUMS', { source: names[0]!, reason: 'it is empty' })
  return all
}

/** Adds the name of the input to an error. */
function located(cause: unknown, source: string): unknown {
  if (cause instanceof SoftmaxError) return new SoftmaxError(cause.code, { ...cause.info, source } as never, { cause })
  return new SoftmaxError('E_INPUT', { source, reason: systemReason(cause) }, { cause })
}
