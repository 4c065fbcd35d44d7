// npm run bench: whole processes side by side, in turn, on inputs made with a seed. Prints medians and their ratios.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeLogits } from './data.js'

const RUNS = 5
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'softmax-bench-'))
const input = join(folder, 'logits.csv')
const output = join(folder, 'scored.csv')

const programs = {
  'softmax-stream': [here('../../dist/cli.js'), input, '-o', output],
  'csv-parse -> function -> csv-stringify': [here('compose.js'), input, output],
}

function secondsOf(args) {
  const start = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return (performance.now() - start) / 1000
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

try {
  writeLogits(input, { rows: 100_000, classes: 10 })
  const times = Object.fromEntries(Object.keys(programs).map((name) => [name, []]))
  for (let run = -1; run < RUNS; run++) {
    for (const [name, args] of Object.entries(programs)) {
      const seconds = secondsOf(args)
      if (run >= 0) times[name].push(seconds)
    }
  }
  const [ours, theirs] = Object.values(times)
  console.log(`100,000 rows x 10, ${RUNS} runs in turn, ${cpus()[0].model}, Node ${process.versions.node}`)
  for (const [name, seconds] of Object.entries(times))
    console.log(`${median(seconds).toFixed(2).padStart(8)} s  ${name}`)
  console.log(
    `${median(theirs.map((seconds, run) => seconds / ours[run]))
      .toFixed(2)
      .padStart(8)} times as fast`,
  )
} finally {
  rmSync(folder, { recursive: true })
}
