// npm run bench: whole processes side by side, in turn, on inputs made with a seed. Prints medians, ratios and the goals.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FOLDER } from './cache.js'
import { contest } from './contest.js'
import { CONTESTANTS } from './contestants.js'
import { GOALS, verdict } from './goals.js'
import { INPUTS, make, megabytes } from './inputs.js'
import { machine } from './machine.js'
import { installPeers } from './peers.js'
import { ROUTES } from './routes.js'
import { buildRust } from './rust.js'
import { table } from './table.js'

/** What can be chosen with --inputs: an input on which contestants meet, or softmax alone on its routes. */
const CONTESTS = [...new Set(CONTESTANTS.flatMap(({ on }) => on)), 'routes']

const USAGE = `Usage: npm run bench -- [options]

  --runs N         runs of each contestant, in turn, after one that warms up and is checked (5)
  --only A,B       contestants and routes whose names have A or B in them, and softmax
  --inputs A,B     of ${CONTESTS.join(', ')}
  --rust           a program in Rust too; needs cargo
  --long           the input of 10,000,000 rows too

Peers are Python packages: the first time, they are installed in ${FOLDER}.
`
const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    inputs: { type: 'string', default: '' },
    rust: { type: 'boolean' },
    long: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})
const rounds = Number(options.runs)

function chosenContests() {
  const names = options.inputs.split(',').filter(Boolean)
  const unknown = names.find((name) => !CONTESTS.includes(name))
  if (unknown) throw new Error(`no input is called ${unknown}; there are ${CONTESTS.join(', ')}`)
  return CONTESTS.filter((name) => (names.length > 0 ? names.includes(name) : !INPUTS[name]?.long || options.long))
}

/** Those that --only names, and the first, which the others are compared with. */
function named(entries) {
  const words = options.only.toLowerCase().split(',')
  return entries.filter(({ name }, index) => index === 0 || words.some((word) => name.toLowerCase().includes(word)))
}

/** The contestants of an input, or the routes, each with the variables of its line. */
function entriesOf(name, contestants) {
  if (name === 'routes')
    return named(ROUTES).map((route) => ({ ...route, variables: variablesOf(INPUTS[route.from], route) }))
  const variables = variablesOf(INPUTS[name], {})
  return contestants.filter(({ on }) => on.includes(name)).map((contestant) => ({ ...contestant, variables }))
}

function variablesOf(input, { to, flags = '', jobs = 2 }) {
  const format = to ?? input.to ?? input.format ?? 'csv'
  return { in: make(input), to: format, classes: String(input.classes), flags, jobs: String(jobs) }
}

function report(name, entries, results) {
  const first = results[entries[0].name]
  const rows = Object.entries(results).map(([name, { wall, cpu, peak }]) => [
    name,
    wall.toFixed(3),
    cpu.toFixed(2),
    peak.toFixed(0),
    (wall / first.wall).toFixed(2),
  ])
  const title = name === 'routes' ? 'softmax, 1,000,000 x 10' : INPUTS[name].title
  console.log(`\n**${title}** (${megabytes(entries[0].variables.in)})\n`)
  console.log(table(['', 'wall s', 'CPU s', 'peak MB', `wall / ${entries[0].name}`], rows))
}

/** Medians by contest, then by name. */
async function bench(folder) {
  const contestants = named(CONTESTANTS).filter(({ optional }) => !optional || options[optional])
  const results = {}
  for (const name of chosenContests()) {
    const entries = entriesOf(name, contestants)
    console.error(name)
    results[name] = await contest(entries, { folder, rounds })
    report(name, entries, results[name])
  }
  return results
}

/** Where outputs go, on the file system of the inputs, until the end. */
function outputFolder() {
  const folder = mkdtempSync(join(FOLDER, 'outputs-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  process.on('SIGINT', () => process.exit(130))
  return folder
}

async function main() {
  if (!(rounds >= 1)) throw new Error(`--runs takes a number from 1: ${options.runs}`)
  installPeers()
  if (options.rust) buildRust()
  const once = CONTESTANTS.filter((contestant) => contestant.once).map(({ name }) => `, ${name} one run`)
  console.log(machine(options))
  console.log(`- medians of ${rounds} runs in turn${once.join('')}; two threads each; files in ${FOLDER}`)
  const results = await bench(outputFolder())
  const verdicts = GOALS.map((goal) => verdict(goal, results))
  console.log(`\n${table(['goal', 'bound', 'measured', 'met'], verdicts)}`)
}

if (options.help) console.log(USAGE)
else await main()
