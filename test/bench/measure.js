// One run of one contestant: wall time, CPU time and peak memory of the process that does the work.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { PYTHON } from './peers.js'
import { RUST } from './rust.js'

const SAMPLE_MS = 10

const ROOT = join(import.meta.dirname, '../..')
const SOFTMAX = join(ROOT, JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).bin.softmax)

/** `run` reports, on descriptor 3, its process id before it starts and the CPU time of it and its children afterwards: a
 * subshell's `times` counts those alone, so that a `cat` in front is left out. */
const SHELL = `
run() (
  sh -c 'echo $$ >&3; exec "$@" 3>&-' sh "$@"
  status=$?
  times >&3
  exit $status
)
node() { run "$NODE" "$@"; }
softmax() { run "$NODE" "$SOFTMAX" --jobs "\${jobs:-2}" "$@"; }
python() { run "$PYTHON" "$@"; }
rust() { run "$RUST" "$@"; }
copy() { run cat "$@"; }
`

/** Runs a contestant's line. Throws what it wrote to standard error if it fails. */
export async function measure(line, variables) {
  const start = performance.now()
  const child = spawn('sh', ['-c', SHELL + line], {
    cwd: import.meta.dirname,
    env: { ...process.env, ...variables, ...SETTINGS },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const peak = watch(child.stdio[3])
  const [stderr, report, [status]] = await Promise.all([text(child.stderr), peak, once(child, 'exit')])
  const wall = (performance.now() - start) / 1000
  if (status !== 0) throw new Error(`${line}\n${stderr}`)
  return { wall, ...report }
}

/**
 * One locale, so that `times` prints a decimal point; two threads for Polars, as the others have; and none of the certificates that
 * a machine may add to Node's, which take 40 ms of each start where it does.
 */
const SETTINGS = {
  NODE: process.execPath,
  SOFTMAX,
  PYTHON,
  RUST,
  LC_ALL: 'C',
  POLARS_MAX_THREADS: '2',
  NODE_EXTRA_CA_CERTS: '',
}

/** Reads the process id, samples that process until it ends, reads its times. */
async function watch(reports) {
  let received = ''
  let peak = 0
  let timer
  reports.setEncoding('utf8').on('data', (part) => {
    received += part
    timer ??= setInterval(() => (peak = Math.max(peak, megabytesOf(received.split('\n')[0]))), SAMPLE_MS)
  })
  await once(reports, 'end')
  clearInterval(timer)
  return { cpu: childSeconds(received), peak }
}

/** The kernel's own high-water mark where there is one, else what is resident at the moment. */
function megabytesOf(pid) {
  try {
    if (process.platform !== 'linux') return execFileSync('ps', ['-o', 'rss=', '-p', pid]) / 1024
    return /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1] / 1024
  } catch {
    return 0 // it has just ended
  }
}

/** The second line of `times`: user and system time of the children, as 0m1.23s. */
function childSeconds(received) {
  const seconds = [...received.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, rest]) => 60 * minutes + Number(rest))
  return seconds[2] + seconds[3]
}
