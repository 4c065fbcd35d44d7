/**
 * Runs the command in a folder of its own under a fault, and inspects what is left.
 *
 * The folder contains the input `in.csv`, the pipes `in.pipe` and `out.pipe`, the folder `out` with the old target
 * `out.csv`, and the folders `logs` and `tmp`, where unnamed files are created. Standard output goes to `stdout.csv`.
 */
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scoreFiles } from 'softmax-stream'
import { BIN, ROOT } from '../support.js'

/** An input and its exact output. */
export interface Known {
  input: string | Buffer
  output: string
}

/**
 * Rows whose results are known without the command: equal logits have equal probabilities, here a quarter each. Rows
 * with a number below `odd` are quoted, for the general lane; those below `bad` are bad.
 */
function known(rows: number, odd: number, bad = 0): Known {
  const numbers = Array.from({ length: rows }, (_, row) => row)
  const input = numbers.map((row) => {
    const x = (((row * 7919) % 1000) / 37).toFixed(8)
    return `${row},${row < odd ? `"${x}"` : x},${x},${x},${row < bad ? 'bad' : x}\n`
  })
  return {
    input: `id,logit_a,logit_b,logit_c,logit_d\n${input.join('')}`,
    output: `id,p_a,p_b,p_c,p_d,label\n${numbers
      .slice(bad)
      .map((row) => `${row},0.25,0.25,0.25,0.25,a\n`)
      .join('')}`,
  }
}

export const SMALL = known(50, 10)
/** More bad rows than are written to a rejects file at once. */
export const SPOILT = known(2000, 0, 1000)
/** Above 1 MiB, worker threads are started. */
export const LARGE = known(50_000, 0)
/** An output so large that it is synced while it is being written. */
export const SYNCED_EARLY = known(400_000, 0)

/** The digits data set in another format, and its output without faults, which other tests verify. */
export async function digits(name: string): Promise<Known> {
  const path = join(ROOT, 'fixtures', name)
  const output = Buffer.concat(await scoreFiles([path]).toArray())
  return { input: readFileSync(path), output: output.toString('latin1') }
}

/** Feeds the input with a pause. */
const SLOWLY = '{ head -c 1600000 in.csv; sleep 0.4; tail -c +1600001 in.csv; }'
/** Repeats the rows until the reader closes, so the start time of a worker does not matter. */
export const WITHOUT_END = '{ cat in.csv; while tail -n +2 in.csv; do :; done; }'

export const OLD = 'what was there before\n'

/** Where the command reads and writes: with `-o`, its target is `out/out.csv`. */
export interface Scene {
  data: Known
  from: 'a file' | 'a pipe' | 'a slow pipe'
  to: 'a target' | 'a file' | 'a pipe'
  /** Flags for other files, written to the folder `logs`. */
  flags?: string
}

/** The shell command that runs the command in a scene. */
export function lineOf({ from, to, flags = '' }: Scene): string {
  const feed = { 'a file': '', 'a pipe': 'cat in.csv >in.pipe & ', 'a slow pipe': `${SLOWLY} >in.pipe & ` }[from]
  const take = to === 'a pipe' ? 'cat out.pipe >stdout.csv & ' : ''
  const input = from === 'a file' ? '"$PWD/in.csv"' : '<in.pipe'
  const output = { 'a target': '-o "$PWD/out/out.csv"', 'a file': '>stdout.csv', 'a pipe': '>out.pipe' }[to]
  return `${feed}${take}softmax ${input} ${output} ${flags}; status=$?; wait; exit $status`
}

/** System calls to fail: of those on `path`, starting from the `nth` that is one of `calls`. */
export interface Strike {
  calls: string
  path: string
  nth: number
  /** The fault: `error=EIO`, `signal=SIGTERM`. */
  by: string
}

/** The outcome of a run. */
export interface Outcome {
  status: number | null
  stderr: string
  /** The target and standard output; undefined if there is no such file. */
  target: string | undefined
  printed: string | undefined
  /** Unexpected names in the target's folder, and temporary files in the others. */
  left: string[]
  hung: boolean
  /** Whether the fault occurred. */
  struck: boolean
}

interface Circumstances {
  strike?: Strike
  /** A module preloaded in every thread. */
  preload?: string
  /** The folder of the target, if it is not `out`. */
  folder?: string
}

/** The time after which a run counts as hung: a multiple of the usual time. */
const LIMIT = 30_000

/** The name of the temporary file, which strace must be given before the file exists. */
const TEMPORARY = `.softmax-${'0'.repeat(12)}.tmp`
const NO_CHANCE = 'Math.random = () => 0'

export const HAS_STRACE = spawnSync('strace', ['-V']).status === 0

/** Runs a shell command in which `softmax` is the command. */
export async function run(line: string, data: Known, circumstances: Circumstances = {}): Promise<Outcome> {
  const cwd = mkdtempSync(join(tmpdir(), 'softmax-fault-'))
  try {
    furnish(cwd, data, circumstances)
    const ended = await shell(line, cwd, circumstances.preload)
    const out = join(cwd, circumstances.folder ?? 'out')
    return {
      ...ended,
      target: contentOf(join(out, 'out.csv')),
      printed: contentOf(join(cwd, 'stdout.csv')),
      left: [
        ...namesIn(out, (name) => name !== 'out.csv'),
        ...['logs', 'tmp'].flatMap((folder) => namesIn(join(cwd, folder), (name) => name.endsWith('.tmp'))),
      ],
      struck: /\(INJECTED\)|^\d+ +--- SIG.*SI_KERNEL|killed by SIGKILL/m.test(contentOf(join(cwd, 'log')) ?? ''),
    }
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

function furnish(cwd: string, { input }: Known, { strike }: Circumstances): void {
  for (const folder of ['out', 'logs', 'tmp']) mkdirSync(join(cwd, folder))
  writeFileSync(join(cwd, 'out', 'out.csv'), OLD)
  writeFileSync(join(cwd, 'in.csv'), input)
  spawnSync('mkfifo', ['in.pipe', 'out.pipe'], { cwd })
  const words = [...(strike ? tracer(cwd, strike) : []), process.execPath, BIN].map(
    (word) => `'${word.replaceAll("'", "'\\''")}'`,
  )
  writeFileSync(join(cwd, 'softmax'), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`)
  chmodSync(join(cwd, 'softmax'), 0o755)
}

function tracer(cwd: string, { calls, path, nth, by }: Strike): string[] {
  const name = join(cwd, path.replace('temporary', TEMPORARY))
  return [
    ...['strace', '-f', '-o', join(cwd, 'log')],
    // Only the calls in question stop the process; a signal is delivered at the end of a call, which needs another
    // stop.
    ...(by.startsWith('error') ? ['--seccomp-bpf'] : []),
    ...['-P', name, '-e', `trace=${calls}`, '-e', `inject=${calls}:${by}:when=${nth}`],
  ]
}

/** Runs the command in its own process group, all of which is killed at the end. */
function shell(line: string, cwd: string, preload = NO_CHANCE): Promise<Pick<Outcome, 'status' | 'stderr' | 'hung'>> {
  const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(preload)}`
  const PATH = `${cwd}:${process.env.PATH}`
  const env = { ...process.env, PATH, TMPDIR: join(cwd, 'tmp'), UV_THREADPOOL_SIZE: '1', NODE_OPTIONS }
  const child = spawn('bash', ['-c', line], { cwd, env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (bytes) => {
    stderr += bytes
  })
  let hung = false
  const timer = setTimeout(() => {
    hung = true
    process.kill(-child.pid!, 'SIGKILL')
  }, LIMIT)
  return new Promise((resolve) => {
    child.on('close', (status) => {
      clearTimeout(timer)
      resolve({ status, stderr, hung })
    })
  })
}

function namesIn(folder: string, isMeant: (name: string) => boolean): string[] {
  return existsSync(folder) ? readdirSync(folder).filter(isMeant) : []
}

function contentOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'latin1') : undefined
}
