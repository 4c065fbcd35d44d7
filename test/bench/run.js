// npm run bench: whole processes side by side, in turn, on inputs made with a seed. Prints medians and their ratios.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeLogits } from './data.js'

const RUNS = 5
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'softmax-bench-'))
const input = join(folder, 'logits.csv')
const output = join(folder, 'scored.csv')

/** Name, arguments, and whether it writes to standard output, which is then the file. */
const programs = [
  { name: 'softmax', args: [here('../../dist/cli.js'), input], stdout: true },
  { name: 'softmax --lane general', args: [here('../../dist/cli.js'), '--lane', 'general', input], stdout: true },
  { name: 'csv-parse -> function -> csv-stringify', args: [here('compose.js'), input, output], stdout: false },
]

function secondsOf({ args, stdout }) {
  const file = stdout ? openSync(output, 'w') : 'ignore'
  const start = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', file, 'pipe'], encoding: 'utf8' })
  const seconds = (performance.now() - start) / 1000
  if (stdout) closeSync(file)
  if (status !== 0) throw new Error(stderr)
  return seconds
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

try {
  writeLogits(input, { rows: 100_000, classes: 10 })
  const times = programs.map(() => [])
  for (let run = -1; run < RUNS; run++) {
    for (const [index, program] of programs.entries()) {
      const seconds = secondsOf(program)
      if (run >= 0) times[index].push(seconds)
    }
  }
  const theirs = times.at(-1)
  console.log(`100,000 rows x 10, ${RUNS} runs in turn, ${cpus()[0].model}, Node ${process.versions.node}`)
  for (const [index, { name }] of programs.entries()) {
    const ratio = median(times[index].map((seconds, run) => theirs[run] / seconds))
    console.log(`${median(times[index]).toFixed(2)} s  ${ratio.toFixed(2).padStart(6)} x  ${name}`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
