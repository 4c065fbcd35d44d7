/** The command: arguments -> a pipeline -> an exit status. */
import { createRequire } from 'node:module'
import { SoftmaxError } from '../core/errors.js'
import { speakAs } from '../core/option-words.js'
import { parseOptions, type SettingsOf } from '../core/options.js'
import { requireOutput } from '../pipeline/output-conflicts.js'
import { paintFor } from './colours.js'
import { requireDistinct } from './conflict.js'
import { prepared } from './early-failure.js'
import { readArguments } from './flags.js'
import { inputsOf } from './inputs.js'
import { report } from './messages.js'
import { openOutput } from './output.js'
import { isFolder, requireCompression, requireFile, requireFilesBeside, requireNoParts } from './output-folder.js'
import { outputFormat } from './output-format.js'
import { scoreByInputs } from './score.js'
import { requireNoUrls } from './urls.js'
import { ABOUT, requireMeasured, requireNoVerb, VERBS } from './verbs.js'

async function main(argv: string[]): Promise<void> {
  const about = ABOUT.find((word) => word === argv[0])
  if (about) return explain(about, argv.slice(1))
  const verb = VERBS.find((verb) => verb === argv[0])
  const { inputs: named, options } = readArguments(verb ? argv.slice(1) : argv)
  const parsed = parseOptions(options, 'command')
  if (parsed.help) return printHelp(verb, named[0])
  if (parsed.completions) return printCompletions(parsed.completions)
  if (parsed.version) return print(`${version()}\n`)
  if (!verb) requireNoVerb(argv[0])
  requireNoUrls(named, parsed, verb)
  const { calibration } = options
  const file = typeof calibration === 'string' ? calibration : undefined
  if (!verb && isFolder(parsed.output)) return scoreFolder(named, parsed, file)
  const settings = fileSettings(parsed, verb)
  const other = file === undefined ? [] : [file]
  const findInputs = () => inputsOf(named, { verb, output: settings.output }, settings)
  const inputs = verb ? findInputs() : await prepared(settings, [...named, ...other], findInputs)
  requireDistinct([...inputs, ...other], settings)
  return run(verb, inputs, options, settings)
}

type Verb = (typeof VERBS)[number] | undefined
type Settings = SettingsOf<'command'>
type CommandOptions = ReturnType<typeof readArguments>['options']

/** The settings of a run with a single output. Throws E_CONFLICT if they do not fit together. */
function fileSettings(parsed: Settings, verb: Verb): Settings {
  requireNoParts(parsed, verb)
  if (verb) requireFile(parsed.output, verb)
  requireFilesBeside(parsed)
  const settings = verb ? parsed : { ...parsed, to: outputFormat(parsed.output, parsed.to) }
  requireMeasured(settings, verb)
  if (!verb) requireOutput(settings)
  return settings
}

/** Runs the command on its inputs; what not every run needs is loaded here. */
async function run(verb: Verb, inputs: string[], options: CommandOptions, settings: Settings): Promise<void> {
  if (verb === 'calibrate') {
    const { calibrateByInputs } = await import('./calibrate.js')
    return calibrateByInputs(inputs, options, settings)
  }
  if (settings.merge) {
    const { mergeInputs } = await import('./merge.js')
    return mergeInputs(inputs, options, settings)
  }
  if (verb === 'evaluate') {
    const { evaluateInputs } = await import('./evaluate.js')
    return evaluateInputs(inputs, options, settings)
  }
  if (settings.dryRun) {
    const { showPlan } = await import('./plan.js')
    return showPlan(inputs, settings)
  }
  return scoreByInputs(inputs, settings)
}

/** Scores files and directories into a directory, one output each. */
async function scoreFolder(named: string[], settings: Settings, calibration: string | undefined): Promise<void> {
  requireMeasured(settings, undefined)
  const { planOf, settingsFor } = await import('./parts/plan.js')
  const makePlan = () => {
    requireCompression(settings)
    return planOf(named, settings, { version: version(), calibration })
  }
  if (!settings.dryRun) {
    const { beginRun, scoreParts } = await import('./parts/run.js')
    const read = calibration === undefined ? named : [...named, calibration]
    return scoreParts(await prepared(settings, read, () => beginRun(makePlan())))
  }
  const plan = makePlan()
  const { partsText } = await import('./parts/dry-run.js')
  // An empty part shows no columns.
  const first = plan.mine.find(({ bytes }) => bytes > 0)
  if (!first) return print(partsText(plan))
  const { showPlan } = await import('./plan.js')
  await showPlan([first.file], settingsFor(plan, first), partsText(plan))
}

/** `softmax help` and `softmax explain`, with or without topics. */
async function explain(about: (typeof ABOUT)[number], topics: string[]): Promise<void> {
  const paint = paintFor(process.stdout)
  const { explain } = await import('./help/explain.js')
  const { helpOn } = await import('./help/help.js')
  if (about === 'help') return print(helpOn(topics, paint, version()))
  return print(topics.length === 0 ? explain(undefined, paint) : topics.map((code) => explain(code, paint)).join('\n'))
}

/** `--help`: on the verb, or on the argument next to it if that is a topic. */
async function printHelp(verb: string | undefined, named: string | undefined): Promise<void> {
  const { helpBeside } = await import('./help/help.js')
  return print(helpBeside(named === 'all' ? named : (verb ?? named), paintFor(process.stdout), version()))
}

async function printCompletions(shell: NonNullable<Settings['completions']>): Promise<void> {
  const { completions } = await import('./completions.js')
  return print(completions(shell))
}

async function print(text: string): Promise<void> {
  const output = await openOutput(undefined)
  await output.write(Buffer.from(text))
  await output.commit()
}

function version(): string {
  // By package name, because this module is bundled into another directory.
  return createRequire(import.meta.url)('softmax-stream/package.json').version
}

// Continue when stderr is closed.
process.stderr.on('error', () => {})
const argv = process.argv.slice(2)
speakAs('command')
const end = (error: unknown) => {
  process.exitCode = report(error, argv.includes('--debug'))
}
// Node ends with status 0 if a run waits for something that can no longer happen.
const unfinished = () => end(new SoftmaxError('E_INTERNAL', { reason: 'the run has not finished' }))
process.once('beforeExit', unfinished)
main(argv)
  .catch(end)
  .finally(() => process.off('beforeExit', unfinished))
