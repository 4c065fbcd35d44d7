import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import {
  type Calibration,
  logSoftmax,
  type Prediction,
  type PredictionStream,
  SoftmaxError,
  type SoftmaxOptions,
  softmax,
} from 'softmax-stream'
import { onTestFinished, vi } from 'vitest'
import { runCommand } from './one-process/commands.js'

/** Starting a process is slow on a busy machine. */
vi.setConfig({ testTimeout: 60_000 })

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The contents of package.json. */
export const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

/** The command's file. */
export const BIN = join(ROOT, MANIFEST.bin.softmax)

/** The maximum output size. */
const MOST = 1 << 28

/** A calibration of two classes, with modifications. */
export function calibrationOf(changes: Partial<Calibration>): Calibration {
  return {
    version: 1,
    method: 'temperature',
    temperature: 1,
    classes: ['a', 'b'],
    rows: 100,
    log_loss: { before: 1, after: 1 },
    ece: { before: 0, after: 0 },
    warnings: [],
    ...changes,
  }
}

/** The result of running the command. */
export interface Result {
  status: number | null
  stdout: string
  stderr: string
}

interface Circumstances {
  stdin?: string | Buffer
  /** The working directory. */
  cwd?: string
  /** Makes the process take one of its streams for a terminal. */
  terminal?: 'stdin' | 'stdout' | 'stderr'
  env?: NodeJS.ProcessEnv
}

/** NODE_EXTRA_CA_CERTS makes each start three times as slow, and no test needs it. */
process.env.NODE_EXTRA_CA_CERTS = ''

/** The tests do not run in a terminal, whatever the environment says about colours. */
const ENVIRONMENT: NodeJS.ProcessEnv = { ...process.env, FORCE_COLOR: '', NO_COLOR: '1', TERM: 'xterm' }

/** JavaScript that makes its process take standard input for a terminal. */
export const TERMINAL_AS_INPUT = "import tty from 'node:tty';tty.isatty = (descriptor) => descriptor === 0"

const fast = 'const { now } = performance; performance.now = () => 50 * now.call(performance)'
/** An environment in which the process has a fast clock: for progress, a few rows take long. */
export const FAST_CLOCK = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(fast)}` }

/** Runs the command, in a process that is shared by many runs. */
export function command(args: string[], circumstances: Circumstances = {}): Result {
  const { stdin = '', cwd = ROOT, terminal, env } = circumstances
  if (terminal || env || EACH_ALONE) return commandAlone(args, circumstances)
  return runCommand({ args, cwd, env: ENVIRONMENT }, stdin)
}

/** Whether each run of the command has a process of its own. */
const EACH_ALONE = Boolean(process.env.ALONE)

/** Runs the command in a process of its own. */
export function commandAlone(args: string[], circumstances: Circumstances = {}): Result {
  const { stdin = '', cwd = ROOT, terminal, env = {} } = circumstances
  const isTerminal = terminal === 'stdin' ? TERMINAL_AS_INPUT : `process.${terminal}.isTTY = true`
  const preload = terminal ? ['--import', `data:text/javascript,${isTerminal}`] : []
  const { status, stdout, stderr } = spawnSync(process.execPath, [...preload, BIN, ...args], {
    input: stdin,
    cwd,
    env: { ...ENVIRONMENT, ...env },
    maxBuffer: MOST,
  })
  return { status, stdout: stdout.toString(), stderr: stderr.toString() }
}

/** Runs a shell command in which `softmax` is the command (a function, so only in the foreground). */
export function shell(line: string, cwd: string): Result {
  const script = `softmax() { "${process.execPath}" "${BIN}" "$@"; }\n${line}`
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd, env: ENVIRONMENT, maxBuffer: MOST })
  return { status, stdout: stdout.toString(), stderr: stderr.toString() }
}

/**
 * Whether this Node reserves address space for each WebAssembly memory, and fails otherwise; newer versions fall back.
 */
export function reservesAddressSpace(): boolean {
  const script = 'new WebAssembly.Memory({ initial: 1, maximum: 16384, shared: true })'
  return spawnSync('bash', ['-c', `ulimit -v 8000000; "${process.execPath}" -e '${script}'`]).status !== 0
}

/** Starts the command, to be fed and stopped by the test. */
export function start(args: string[], cwd: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: 'pipe', env: { ...ENVIRONMENT, ...env } })
  const ended = new Promise<Result & { signal: NodeJS.Signals | null }>((resolve) => {
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (bytes) => {
      stdout += bytes
    })
    child.stderr.on('data', (bytes) => {
      stderr += bytes
    })
    child.stdin.on('error', () => {})
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }))
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, ended }
}

/** A new folder with some files, removed after the test. */
export function folder(files: Record<string, string | Buffer> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'softmax-test-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content)
  return path
}

/** A file of numpy or safetensors from the fixtures, by the name of its case. */
export function arrayFixture(format: 'npy' | 'npz' | 'safetensors', name: string): Buffer {
  const lines = readFileSync(join(ROOT, `fixtures/arrays-${format}.ndjson`), 'utf8')
    .trimEnd()
    .split('\n')
  const { bytes } = lines.map((line) => JSON.parse(line)).find((one) => one.name === name)
  return Buffer.from(bytes, 'base64')
}

/** A copy of an example, with the command on the PATH and the package installed. */
export function exampleCopy(name: string) {
  const cwd = folder()
  cpSync(join(ROOT, 'fixtures/examples', name), cwd, { recursive: true })
  mkdirSync(join(cwd, 'bin'))
  mkdirSync(join(cwd, 'node_modules'))
  symlinkSync(ROOT, join(cwd, 'node_modules/softmax-stream'))
  writeFileSync(join(cwd, 'bin/softmax'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`)
  chmodSync(join(cwd, 'bin/softmax'), 0o755)
  return { cwd, env: { ...process.env, PATH: `${join(cwd, 'bin')}:${process.env.PATH}` } }
}

/** The names of the files that this process has open; deleted ones are marked. */
export function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)]
    } catch {
      // It has been closed in the meantime.
      return []
    }
  })
}

/** A copy of the package as it is installed in `path`, which finds no packages but those installed there. */
export function installIn(path: string): string {
  const home = join(path, 'node_modules', 'softmax-stream')
  const isUsed = (file: string) => !file.endsWith('.d.ts')
  for (const name of ['dist', 'package.json'])
    cpSync(join(ROOT, name), join(home, name), { recursive: true, filter: isUsed })
  return home
}

/** The error that a call throws. */
export function thrown(call: () => unknown): SoftmaxError {
  try {
    call()
  } catch (error) {
    if (error instanceof SoftmaxError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

type Scorer = (options?: SoftmaxOptions) => PredictionStream

/** The predictions for some rows, or the error at their end. */
export async function predict(rows: Iterable<unknown>, options: SoftmaxOptions = {}, stream: Scorer = softmax) {
  const predictions: Prediction[] = []
  try {
    for await (const prediction of Readable.from(rows).compose(stream(options))) predictions.push(prediction)
  } catch (error) {
    if (!(error instanceof SoftmaxError)) throw error
    return { predictions, error }
  }
  return { predictions, error: undefined }
}

/** The same, with natural logarithms. */
export const predictLog = (rows: Iterable<unknown>, options: SoftmaxOptions = {}) => predict(rows, options, logSoftmax)
