// Contestants on one input, in turn: A B C, A B C, … so that a slow minute of the machine is everybody's.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { agree } from './agree.js'
import { convert } from './inputs.js'
import { measure } from './measure.js'

/** Median wall seconds, CPU seconds and peak megabytes of each contestant, by name. The first, softmax, is what the
 * others' outputs are checked against, in a round before the others that counts for those that run once only. */
export async function contest(contestants, { input, path, folder, rounds }) {
  const runs = new Map(contestants.map(({ name }) => [name, []]))
  const variables = { in: path, classes: String(input.classes) }
  const { format = 'csv' } = input
  const ours = join(folder, `ours.${format}`)
  const theirs = join(folder, `theirs.${format}`)
  for (const contestant of contestants) {
    const out = contestant === contestants[0] ? ours : theirs
    const measured = await run(contestant, { ...variables, out })
    if (contestant.within !== undefined && out === theirs) check(contestant, ours, theirs)
    if (contestant.once) runs.get(contestant.name).push(measured)
    rmSync(theirs, { force: true })
  }
  rmSync(ours)
  for (let round = 0; round < rounds; round++) {
    for (const contestant of contestants.filter(({ once }) => !once)) {
      runs.get(contestant.name).push(await run(contestant, { ...variables, out: theirs }))
      rmSync(theirs, { force: true })
    }
  }
  return Object.fromEntries([...runs].map(([name, measured]) => [name, medians(measured)]))
}

function run({ name, line }, variables) {
  console.error(`  ${name}`)
  return measure(line, variables)
}

function check({ name, within }, ours, theirs) {
  try {
    agree(readable(ours), readable(theirs), within)
  } catch (cause) {
    throw new Error(`${name} does not agree with softmax`, { cause })
  }
}

/** A file of lines with the rows of one that has none. */
function readable(path) {
  if (!path.endsWith('.parquet')) return path
  const lines = `${path}.ndjson`
  convert(path, lines)
  return lines
}

function medians(runs) {
  const median = (key) => runs.map((measured) => measured[key]).toSorted((a, b) => a - b)[runs.length >> 1]
  return { wall: median('wall'), cpu: median('cpu'), peak: median('peak') }
}
