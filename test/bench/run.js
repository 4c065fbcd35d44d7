// npm run bench: whole processes side by side, in turn, on inputs made with a seed. Prints medians, ratios and the goals.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { contest } from './contest.js'
import { CONTESTANTS } from './contestants.js'
import { GOALS, verdict } from './goals.js'
import { FOLDER, INPUTS, make, megabytes } from './inputs.js'
import { machine } from './machine.js'
import { installPeers } from './peers.js'
import { table } from './table.js'

const USAGE = `Usage: npm run bench -- [options]

  --runs N         runs of each contestant, in turn, after one that warms up and is checked (5)
  --only A,B       contestants whose names have A or B in them, and softmax
  --inputs A,B     of ${Object.keys(INPUTS).join(', ')}
  --native         the C++ program too; needs g++
  --long           the 2 GB input too; the first time, making it takes minutes
`
const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    inputs: { type: 'string', default: '' },
    native: { type: 'boolean' },
    long: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})
const rounds = Number(options.runs)

function chosenInputs() {
  const names = options.inputs.split(',').filter(Boolean)
  const unknown = names.find((name) => !(name in INPUTS))
  if (unknown) throw new Error(`no input is called ${unknown}; there are ${Object.keys(INPUTS).join(', ')}`)
  return Object.entries(INPUTS).filter(([name, { long }]) =>
    names.length > 0 ? names.includes(name) : !long || options.long,
  )
}

function chosenContestants() {
  const words = options.only.toLowerCase().split(',')
  const named = ({ name }) => name === 'softmax' || words.some((word) => name.toLowerCase().includes(word))
  return CONTESTANTS.filter((contestant) => named(contestant) && (contestant.ready?.(options) ?? true))
}

function report({ title }, path, results) {
  const rows = Object.entries(results).map(([name, { wall, cpu, peak }]) => [
    name,
    wall.toFixed(3),
    cpu.toFixed(2),
    peak.toFixed(0),
    (wall / results.softmax.wall).toFixed(2),
  ])
  console.log(`\n**${title}** (${megabytes(path)})\n`)
  console.log(table(['', 'wall s', 'CPU s', 'peak MB', 'wall / softmax'], rows))
}

/** Medians by input, then by contestant. */
async function bench(contestants, folder) {
  const results = {}
  for (const [key, input] of chosenInputs()) {
    const path = make(input)
    const among = contestants.filter(({ on }) => on.includes(key))
    console.error(input.title)
    results[key] = await contest(among, { input, path, folder, rounds })
    report(input, path, results[key])
  }
  return results
}

/** Where outputs go, on the file system of the inputs, until the end. */
function outputFolder() {
  mkdirSync(FOLDER, { recursive: true })
  const folder = mkdtempSync(join(FOLDER, 'outputs-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  process.on('SIGINT', () => process.exit(130))
  return folder
}

async function main() {
  if (!(rounds >= 1)) throw new Error(`--runs takes a number from 1: ${options.runs}`)
  installPeers()
  const contestants = chosenContestants()
  const once = contestants.filter((contestant) => contestant.once).map(({ name }) => `, ${name} one run`)
  console.log(machine(contestants))
  console.log(`- medians of ${rounds} runs in turn${once.join('')}; two threads each; files in ${FOLDER}`)
  const results = await bench(contestants, outputFolder())
  const verdicts = GOALS.map((goal) => verdict(goal, results))
  console.log(`\n${table(['goal', 'bound', 'measured', 'held'], verdicts)}`)
}

if (options.help) console.log(USAGE)
else await main()
