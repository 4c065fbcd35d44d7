#!/usr/bin/env node
/** The command: arguments -> one pipeline -> an exit status. */
import { createReadStream, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { scoreFiles } from './api/score-files.js'
import { announcement } from './command/announcement.js'
import { fileOf, requireDistinct } from './command/conflict.js'
import { isClosed, DASH as STDIN } from './command/descriptor.js'
import { helpText, readArguments } from './command/flags.js'
import { type Output, openOutput } from './command/output.js'
import { outputFormat } from './command/output-format.js'
import { type Progress, showProgress } from './command/progress.js'
import { openRejects, type Rejects } from './command/rejects.js'
import { openStats, type StatsFile } from './command/stats.js'
import { printable, SoftmaxError } from './core/errors.js'
import { formatOfBytes, isText } from './core/formats.js'
import { speakAs } from './core/option-words.js'
import { namesIn, parseOptions, type SettingsOf } from './core/options.js'
import type { Reject } from './core/reject.js'
import type { Schema } from './core/schema.js'
import { compressed, compressionOf } from './io/compression.js'
import { CHUNK } from './pipeline/file-input.js'
import { partsOf } from './pipeline/input-files.js'
import { newStats, rejectedOf, type Stats } from './pipeline/row-counts.js'

/** What the inputs of a run share. */
interface Run {
  inputs: string[]
  settings: SettingsOf<'command'>
  output: Output
  rejects: Rejects | undefined
  stats: StatsFile | undefined
  progress: Progress | undefined
  /** Counts of what is done, be it up to a failure. */
  done: Stats
}

async function main(argv: string[]): Promise<void> {
  const { inputs: named, options } = readArguments(argv)
  const parsed = parseOptions(options, 'command')
  if (parsed.help) return print(helpText())
  if (parsed.completions) {
    const { completions } = await import('./command/completions.js')
    return print(completions(parsed.completions))
  }
  if (parsed.version) return print(`${version()}\n`)
  const settings = { ...parsed, to: outputFormat(parsed.output, parsed.to) }
  const inputs = (named.length > 0 ? named : [STDIN]).flatMap((name) => (name === STDIN ? [name] : partsOf(name)))
  if (inputs.includes(STDIN) && process.stdin.isTTY) throw new SoftmaxError('E_NO_INPUT', {})
  requireDistinct(inputs, settings)
  if (settings.dryRun) return showPlan(inputs, settings)
  const files: Abandoned[] = []
  abandonOnSignal(files)
  const stats = settings.stats === undefined ? undefined : await openStats(settings.stats)
  if (stats) files.push(stats)
  const done = newStats()
  try {
    await scoreInto(files, { inputs, settings, stats, progress: progressOf(settings, inputs), done })
  } catch (error) {
    await stats?.write(done, known(error).code).catch((failure: Error) => complain(failure.message))
    throw error
  }
}

/** Shows what the run would do, on standard output. */
async function showPlan(inputs: string[], settings: SettingsOf<'command'>): Promise<void> {
  const { dryRun } = await import('./command/dry-run.js')
  const names = { inputs: inputs.map((input) => (input === STDIN ? 'stdin' : input)), output: settings.output }
  const output = await openOutput(undefined)
  const report = dryRun(sourcesOf(inputs), scoreOptions(settings), names, (text, source) => {
    if (!settings.quiet) complain(`warning: ${source}: ${text}`)
  })
  for await (const text of report) await output.write(Buffer.from(text))
  await output.commit()
}

/** What has to be removed when a signal ends the run. */
type Abandoned = Pick<Output, 'abandon'>

/** Opens the output, and abandons it if the run fails. */
async function scoreInto(files: Abandoned[], run: Omit<Run, 'output' | 'rejects'>): Promise<void> {
  const { output: path, clobber, rejects: rejectsPath } = run.settings
  const output = await openOutput(path, clobber)
  files.push(output)
  try {
    const rejects = rejectsPath === undefined ? undefined : await openRejects(rejectsPath)
    await scoreAll({ ...run, output, rejects })
  } catch (error) {
    output.abandon()
    throw error
  }
}

async function scoreAll(run: Run): Promise<void> {
  const { output, progress } = run
  try {
    await scoreInputs(run)
    // The statistics before the output is put in place: if they cannot be written, the old output stays.
    await output.flush()
    await run.stats?.write(run.done)
    await output.commit()
  } finally {
    progress?.clear()
  }
  summarise(run)
}

/** Scores all inputs. The rejects are on the disk when it ends, also after a failure. */
async function scoreInputs(run: Run): Promise<void> {
  try {
    await writeScored(run)
  } catch (error) {
    // The first failure is reported, whatever fails after it.
    await run.rejects?.close().catch(() => {})
    throw error
  }
  await run.rejects?.close()
  requireConservation(run)
}

async function writeScored(run: Run): Promise<void> {
  const { inputs, settings, output, progress } = run
  const { rejects } = run
  const onReject = rejects && ((reject: Reject) => rejects.add(reject))
  const stream = scoreFiles(sourcesOf(inputs), { ...scoreOptions(settings), onReject })
  stream.on('schema', (schema: Schema) => announce(run, schema))
  stream.on('warning', (text, source) => warn(run, `${source}: ${text}`))
  try {
    const { compression } = compressionOf(settings.output ?? '')
    let isFirst = true
    for await (const bytes of compressed(stream, compression)) {
      if (output.isTerminal && isFirst) requireText(bytes as Buffer)
      isFirst = false
      await output.write(bytes as Buffer, () => stream.release(bytes as Buffer))
      progress?.update(stream.stats.bytes, stream.stats.read)
    }
  } finally {
    Object.assign(run.done, stream.stats)
  }
}

/** Refuses to write a binary format, which its first bytes show, to a terminal. */
function requireText(bytes: Buffer): void {
  const format = formatOfBytes(bytes)
  if (!format || format === 'none' || isText(format)) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${format} is binary and is not written to a terminal; write it to a file with -o, or choose text with -t csv`,
  })
}

/** Checks that the rejects file has every bad row of all inputs. */
function requireConservation({ done, rejects }: Run): void {
  if (!rejects || rejects.count === rejectedOf(done)) return
  const reason = `${rejectedOf(done)} rows rejected, of which ${rejects.count} are in the file`
  throw new SoftmaxError('E_INTERNAL', { reason })
}

/** The part of the command's settings that the stream takes. */
function scoreOptions(settings: SettingsOf<'command'>) {
  const shared = Object.fromEntries(namesIn('bytes').map((name) => [name, settings[name as keyof typeof settings]]))
  return { ...shared, source: 'stdin' }
}

/** Reports the rows that were left out on stderr. */
function summarise({ done, settings }: Run): void {
  const codes = Object.entries(done.rejected)
  const total = rejectedOf(done)
  if (total === 0 || settings.quiet) return
  complain(`${total} of ${done.read} rows left out: ${codes.map(([code, count]) => `${count} ${code}`).join(', ')}`)
}

function progressOf(settings: SettingsOf<'command'>, inputs: string[]): Progress | undefined {
  const apart = settings.output !== undefined || !process.stdout.isTTY
  const asked = settings.progress ?? (!settings.quiet && apart)
  return asked && process.stderr.isTTY ? showProgress(process.stderr, totalSize(inputs)) : undefined
}

/** The bytes of all inputs; undefined where one of them has no size. */
function totalSize(inputs: string[]): number | undefined {
  const files = inputs.map(fileOf)
  return files.every((file) => file?.isFile()) ? files.reduce((sum, file) => sum + file!.size, 0) : undefined
}

/** What is read of the inputs: their paths, and standard input as a stream. */
function sourcesOf(inputs: readonly string[]): (string | Readable)[] {
  for (const input of inputs) requireReadable(input)
  return inputs.map((input) => (input === STDIN ? standardInput() : input))
}

/** Errors that opening an input would not show. */
function requireReadable(input: string): void {
  if (input === '') throw new SoftmaxError('E_INPUT', { reason: 'the name is empty' })
  if (input !== STDIN) return
  const reason = isClosed(0)
    ? 'it is closed, or a null device that was opened for writing too; </dev/null is an empty input'
    : fileOf(STDIN)?.isDirectory()
      ? 'it is a directory'
      : undefined
  if (reason) throw new SoftmaxError('E_INPUT', { source: 'stdin', reason })
}

/** Standard input; a file is read in larger chunks than Node's own stream would. */
function standardInput(): Readable {
  if (!fileOf(STDIN)?.isFile()) return process.stdin
  return createReadStream('', { fd: 0, autoClose: false, highWaterMark: CHUNK })
}

/** Removes temporary files on a signal, then lets the signal end the process. */
function abandonOnSignal(files: Abandoned[]): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      for (const file of files) file.abandon()
      process.kill(process.pid, signal)
    })
  }
}

async function print(text: string): Promise<void> {
  const output = await openOutput(undefined)
  await output.write(Buffer.from(text))
  await output.commit()
}

/** What is said neither by arguments nor by convention is said here. */
function announce({ settings }: Run, schema: Schema): void {
  if (schema.guessed && !settings.quiet) complain(announcement(schema))
}

function warn({ settings }: Run, text: string): void {
  if (!settings.quiet) complain(`warning: ${text}`)
}

function complain(text: string): void {
  process.stderr.write(`softmax: ${printable(text)}\n`)
}

function version(): string {
  // By name, as this module is bundled into another folder.
  return JSON.parse(readFileSync(new URL(import.meta.resolve('softmax-stream/package.json')), 'utf8')).version
}

/** Prints an error and gives its exit status. Nothing is printed if the reader of standard output has gone. */
function report(error: unknown, debug: boolean): number {
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined
  if (cause?.code === 'EPIPE' && SoftmaxError.is(error, 'E_OUTPUT') && error.info.path === 'standard output') return 141
  complain(known(error).message)
  if (debug) for (const line of inspect(error).split('\n')) process.stderr.write(`${printable(line)}\n`)
  return known(error).status
}

/** A SoftmaxError as it is; any other is an internal error. */
function known(error: unknown): SoftmaxError {
  if (error instanceof SoftmaxError) return error
  return new SoftmaxError('E_INTERNAL', { reason: String(error) }, { cause: error })
}

// The job goes on when stderr is gone.
process.stderr.on('error', () => {})
const argv = process.argv.slice(2)
speakAs('command')
main(argv).catch((error: unknown) => {
  process.exitCode = report(error, argv.includes('--debug'))
})
