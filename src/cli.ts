#!/usr/bin/env node
/** The command: arguments -> one pipeline -> an exit status. */
import { createRequire } from 'node:module'
import { requireDistinct } from './command/conflict.js'
import { helpText, readArguments } from './command/flags.js'
import { inputsOf, nameOf, sourcesOf } from './command/inputs.js'
import { complain, known, report, warn } from './command/messages.js'
import { openOutput } from './command/output.js'
import { isFolder, requireNoParts } from './command/output-folder.js'
import { outputFormat } from './command/output-format.js'
import { progressOf, scoreInto, scoreOptions, summarise } from './command/score-run.js'
import { type Abandoned, abandonOnSignal } from './command/signals.js'
import { openStats } from './command/stats.js'
import { SoftmaxError } from './core/errors.js'
import { requireMeasurable } from './core/metrics.js'
import { speakAs } from './core/option-words.js'
import { parseOptions, type SettingsOf } from './core/options.js'
import { newStats } from './pipeline/row-counts.js'

async function main(argv: string[]): Promise<void> {
  const verb = VERBS.find((verb) => verb === argv[0])
  const { inputs: named, options } = readArguments(verb ? argv.slice(1) : argv)
  const parsed = parseOptions(options, 'command')
  if (parsed.help) return print(helpText())
  if (parsed.completions) {
    const { completions } = await import('./command/completions.js')
    return print(completions(parsed.completions))
  }
  if (parsed.version) return print(`${version()}\n`)
  const { calibration } = options
  const file = typeof calibration === 'string' ? calibration : undefined
  if (!verb && isFolder(parsed.output)) return scoreFolder(named, parsed, file)
  requireNoParts(parsed)
  const settings = { ...parsed, to: outputFormat(parsed.output, parsed.to) }
  const inputs = inputsOf(named)
  requireDistinct(file === undefined ? inputs : [...inputs, file], settings)
  requireMeasured(settings, verb)
  if (verb === 'calibrate') {
    const { calibrateByInputs } = await import('./command/calibrate.js')
    return calibrateByInputs(inputs, options, settings)
  }
  if (verb === 'evaluate') {
    const { evaluateInputs } = await import('./command/evaluate.js')
    return evaluateInputs(inputs, options, settings)
  }
  if (settings.dryRun) return showPlan(inputs, settings)
  const files: Abandoned[] = []
  abandonOnSignal(files)
  const stats = settings.stats === undefined ? undefined : await openStats(settings.stats)
  if (stats) files.push(stats)
  const done = newStats()
  try {
    await scoreInto(files, { inputs, settings, stats, progress: progressOf(settings, inputs), done })
    summarise({ done, settings })
  } catch (error) {
    await stats?.write(done, known(error).code).catch((failure: Error) => complain(failure.message))
    throw error
  }
}

/** Scores files and folders into a folder, an output for each. */
async function scoreFolder(
  named: string[],
  settings: SettingsOf<'command'>,
  calibration: string | undefined,
): Promise<void> {
  requireMeasured(settings, undefined)
  const { planOf, settingsFor } = await import('./command/parts/plan.js')
  const plan = planOf(named, settings, { version: version(), calibration })
  const { scoreParts } = await import('./command/parts/run.js')
  if (!settings.dryRun) return scoreParts(plan)
  const { partsText } = await import('./command/parts/dry-run.js')
  const [first] = plan.mine
  if (!first) return print(partsText(plan))
  await showPlan([first.file], settingsFor(plan, first), partsText(plan))
}

/** What the first argument may say that is done in place of scoring. */
const VERBS = ['evaluate', 'calibrate'] as const

/** Refuses options of one verb with another, and what asks for metrics where there are none. Throws E_CONFLICT. */
function requireMeasured(settings: SettingsOf<'command'>, verb: (typeof VERBS)[number] | undefined): void {
  const { json, report, coverage, metrics, truth } = settings
  if (json && verb !== 'evaluate') throw new SoftmaxError('E_CONFLICT', { reason: '--json is of softmax evaluate' })
  if (report !== undefined && verb !== 'evaluate') {
    throw new SoftmaxError('E_CONFLICT', { reason: '--report is of softmax evaluate' })
  }
  if (coverage !== undefined && verb !== 'calibrate') {
    throw new SoftmaxError('E_CONFLICT', { reason: '--coverage is of softmax calibrate' })
  }
  if (metrics !== undefined) requireMeasurable(settings)
  if (metrics === undefined || truth !== undefined || verb) return
  throw new SoftmaxError('E_CONFLICT', { reason: '--metrics needs true classes; name their column with --truth' })
}

/** Shows what the run would do, on standard output, below `heading`. */
async function showPlan(inputs: string[], settings: SettingsOf<'command'>, heading = ''): Promise<void> {
  const { dryRun } = await import('./command/dry-run.js')
  const names = { inputs: inputs.map(nameOf), output: settings.output }
  const output = await openOutput(undefined)
  const report = dryRun(sourcesOf(inputs), scoreOptions(settings), names, (text, source) =>
    warn(settings, `${source}: ${text}`),
  )
  if (heading) await output.write(Buffer.from(heading))
  for await (const text of report) await output.write(Buffer.from(text))
  await output.commit()
}

async function print(text: string): Promise<void> {
  const output = await openOutput(undefined)
  await output.write(Buffer.from(text))
  await output.commit()
}

function version(): string {
  // By name, as this module is bundled into another folder.
  return createRequire(import.meta.url)('softmax-stream/package.json').version
}

// The job goes on when stderr is gone.
process.stderr.on('error', () => {})
const argv = process.argv.slice(2)
speakAs('command')
main(argv).catch((error: unknown) => {
  process.exitCode = report(error, argv.includes('--debug'))
})
