#!/usr/bin/env node
/** The command: arguments -> one pipeline -> an exit status. */
import { createReadStream, fstatSync, type ReadStream, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { inspect } from 'node:util'
import './command/streams.js'
import { fileOf, requireDistinct, STDIN } from './command/conflict.js'
import { isClosed } from './command/descriptor.js'
import { helpText, readArguments } from './command/flags.js'
import { type Output, openOutput } from './command/output.js'
import { type Progress, showProgress } from './command/progress.js'
import { openRejects, type Rejects } from './command/rejects.js'
import { openStats, type StatsFile } from './command/stats.js'
import { printable, SoftmaxError, systemReason } from './errors.js'
import { formatOf } from './formats/index.js'
import { type Reject, type Schema, type ScoreStream, type Stats, score } from './index.js'
import { namesIn, type SettingsOf, settle } from './options.js'

/** What the inputs of a run share. */
interface Run {
  inputs: string[]
  settings: SettingsOf<'command'>
  output: Output
  rejects: Rejects | undefined
  stats: StatsFile | undefined
  progress: Progress | undefined
  /** Counts of the inputs that are done, or have failed. */
  done: Stats
  /** The first input, whose columns all others must have. */
  first?: { source: string; schema: Schema }
}

async function main(argv: string[]): Promise<void> {
  const { inputs, options } = readArguments(argv)
  const settings = settle(options, 'command')
  if (settings.help) return print(helpText())
  if (settings.version) return print(`${version()}\n`)
  if (inputs.length === 0) inputs.push(STDIN)
  if (inputs.includes(STDIN) && process.stdin.isTTY) throw new SoftmaxError('E_NO_INPUT', {})
  requireDistinct(inputs, settings)
  const files: Abandoned[] = []
  abandonOnSignal(files)
  const stats = settings.stats === undefined ? undefined : await openStats(settings.stats)
  if (stats) files.push(stats)
  const done: Stats = { read: 0, written: 0, rejected: {}, bytes: 0, lane: undefined }
  try {
    await scoreInto(files, { inputs, settings, stats, progress: progressOf(settings, inputs), done })
  } catch (error) {
    await stats?.write(done, known(error).code).catch((failure: Error) => complain(failure.message))
    throw error
  }
}

/** What leaves nothing behind when a signal ends the run. */
type Abandoned = Pick<Output, 'abandon'>

/** Opens the output, which is abandoned where the run fails. */
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
  try {
    await scoreInputs(run)
    // The stats file before the output takes its place: where it cannot be written, the old output stays.
    await run.output.settle()
    await run.stats?.write(run.done)
    await run.output.commit()
  } finally {
    run.progress?.clear()
  }
  summarise(run)
}

/** Scores all inputs. Rejects are on the disk before it ends, well or badly. */
async function scoreInputs(run: Run): Promise<void> {
  const { inputs, rejects, done } = run
  try {
    for (const input of inputs) await scoreInput(input, run)
    if (done.read > 0 && done.written === 0) throw new SoftmaxError('E_NO_ROWS', { rows: done.read })
  } catch (error) {
    // What stopped the run is told, whatever else fails after it.
    await rejects?.close().catch(() => {})
    throw error
  }
  await rejects?.close()
  requireConservation(run)
}

/** Nothing is lost: the file of rejects has every bad row, of all inputs. */
function requireConservation({ done, rejects }: Run): void {
  const rejected = rejectedOf(done)
  if (done.read === done.written + rejected && (!rejects || rejects.count === rejected)) return
  const reason = `${done.read} rows read, ${done.written} written, ${rejects?.count ?? rejected} rejected`
  throw new SoftmaxError('E_INTERNAL', { reason })
}

async function scoreInput(input: string, run: Run): Promise<void> {
  const name = input === STDIN ? 'stdin' : input
  requireReadable(input)
  const stream = score(scoreOptions(input, name, run))
  stream.on('warning', (text: string) => warn(run, `${name}: ${text}`))
  stream.on('header', (header: string[]) => requireSameHeader(stream, name, header, run))
  stream.on('schema', (schema: Schema) => {
    run.first ??= { source: name, schema }
  })
  const source = input === STDIN ? process.stdin : createReadStream(input, { highWaterMark: 1 << 18 })
  const requireUnchanged = watch(source as ReadStream, input === STDIN, name)
  feed(stream, source, name)
  try {
    for await (const bytes of stream) {
      await run.output.write(bytes as Buffer, () => stream.release(bytes as Buffer))
      run.progress?.update(run.done.bytes + stream.stats.bytes, run.done.read + stream.stats.read)
    }
  } catch (error) {
    // Whether no row could be scored is told of all inputs together.
    if (!SoftmaxError.is(error, 'E_NO_ROWS') || run.inputs.length === 1) throw error
  } finally {
    add(run.done, stream.stats)
  }
  requireUnchanged()
}

/** Gives a function that throws E_INPUT if a file is not as long any more as it was when it was opened. */
function watch(source: ReadStream, isStdin: boolean, name: string): () => void {
  let size = isStdin ? fileSize(0) : undefined
  let change: string | undefined
  let descriptor = 0
  source.on('open', (opened: number) => {
    descriptor = opened
    size = fileSize(opened)
  })
  source.on('end', () => {
    const now = fileSize(descriptor)
    // A file that the system makes up has no size, and standard input may begin anywhere in one.
    const read = isStdin || size === 0 ? now : source.bytesRead
    if (size !== now || (now !== undefined && read !== now)) {
      change = `it changed while it was read, from ${size} to ${now} bytes, of which ${read} were found`
    }
  })
  return () => {
    if (change) throw new SoftmaxError('E_INPUT', { source: name, reason: change })
  }
}

/** The size of an open file; undefined for what has none. */
function fileSize(descriptor: number): number | undefined {
  const file = fstatSync(descriptor)
  return file.isFile() ? file.size : undefined
}

/** The part of the command's settings that the stream takes; formats are told by file names where no flag does. */
function scoreOptions(input: string, source: string, { settings, first, inputs, rejects, done }: Run) {
  const shared = Object.fromEntries(namesIn('bytes').map((name) => [name, settings[name as keyof typeof settings]]))
  const from = settings.from ?? formatOf(input) ?? 'csv'
  const to = settings.to ?? formatOf(settings.output ?? '') ?? settings.from ?? formatOf(inputs[0]!) ?? 'csv'
  const maxErrors = settings.maxErrors === undefined ? undefined : settings.maxErrors - rejectedOf(done)
  const onReject = rejects && ((reject: Reject) => rejects.add(reject))
  return {
    ...shared,
    from,
    to,
    source,
    maxErrors,
    onReject,
    ...(first && { outputHeader: false, logits: positions(first.schema.logits) }),
  }
}

/** A selector of columns by their positions. */
function positions(indices: number[]): string[] {
  return indices.map((index) => String(index + 1))
}

/** Joins a source to the stream: when either fails, both end. */
function feed(stream: ScoreStream, source: Readable, name: string): void {
  source.on('error', (cause) => {
    stream.destroy(
      new SoftmaxError('E_INPUT', { source: name, ...readSoFar(stream), reason: systemReason(cause) }, { cause }),
    )
  })
  stream.on('close', () => source.destroy())
  source.pipe(stream)
}

/** How far an input was read, once it was read at all. */
function readSoFar({ stats }: ScoreStream): { byte?: number } {
  return stats.bytes > 0 ? { byte: stats.bytes } : {}
}

/** Several inputs make one output, so their columns have to be the same. */
function requireSameHeader(stream: ScoreStream, source: string, header: string[], { first }: Run): void {
  if (!first || header.join('\0') === first.schema.header.join('\0')) return
  stream.destroy(new SoftmaxError('E_SCHEMA', { source, header, first: first.source }))
}

/** Adds what came of one input; the lane is the fast one where no input went the other. */
function add(done: Stats, { read, written, rejected, bytes, lane }: Stats): void {
  if (done.lane !== 'general') done.lane = lane ?? done.lane
  done.read += read
  done.written += written
  done.bytes += bytes
  for (const [code, count] of Object.entries(rejected)) done.rejected[code] = (done.rejected[code] ?? 0) + count
}

/** Tells, on stderr, of rows that were left out. */
function summarise({ done, settings }: Run): void {
  const codes = Object.entries(done.rejected)
  const total = rejectedOf(done)
  if (total === 0 || settings.quiet) return
  complain(`${total} of ${done.read} rows left out: ${codes.map(([code, count]) => `${count} ${code}`).join(', ')}`)
}

function rejectedOf({ rejected }: Stats): number {
  return Object.values(rejected).reduce((sum, count) => sum + count, 0)
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

/** What opening an input would not tell. */
function requireReadable(input: string): void {
  if (input === '') throw new SoftmaxError('E_INPUT', { reason: 'the name is empty' })
  if (input !== STDIN) return
  const reason = isClosed(0) ? 'it is closed' : fileOf(STDIN)?.isDirectory() ? 'it is a directory' : undefined
  if (reason) throw new SoftmaxError('E_INPUT', { source: 'stdin', reason })
}

/** On a signal leaves no temporary, then lets the signal end the process as it would have. */
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

function warn({ settings }: Run, text: string): void {
  if (!settings.quiet) complain(`warning: ${text}`)
}

function complain(text: string): void {
  process.stderr.write(`softmax: ${printable(text)}\n`)
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
}

/** The exit status for an error, which is told first; a reader that went away is told nothing. */
function report(error: unknown, debug: boolean): number {
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined
  if (cause?.code === 'EPIPE' && SoftmaxError.is(error, 'E_OUTPUT') && error.info.path === 'standard output') return 141
  complain(known(error).message)
  if (debug) for (const line of inspect(error).split('\n')) process.stderr.write(`${printable(line)}\n`)
  return known(error).status
}

/** An error of ours as it is; any other is a defect. */
function known(error: unknown): SoftmaxError {
  if (error instanceof SoftmaxError) return error
  return new SoftmaxError('E_INTERNAL', { reason: String(error) }, { cause: error })
}

// Where nobody can be told, the job goes on.
process.stderr.on('error', () => {})
const argv = process.argv.slice(2)
main(argv).catch((error: unknown) => {
  process.exitCode = report(error, argv.includes('--debug'))
})
