// Entries in turn, A B C, A B C, … so that a slow minute of the machine is everybody's.
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { measure } from './measure.js'
import { PYTHON } from './peers.js'

/** Median wall seconds, CPU seconds and peak megabytes of each entry, by name. An entry is a contestant or a route with the
 * variables of its line. The first one's output is what the others' are checked against, in a round before the others
 * that counts for those that run once only. */
export async function contest(entries, { folder, rounds }) {
  const runs = new Map(entries.map(({ name }) => [name, []]))
  const [first] = entries
  const ours = join(folder, `ours.${first.variables.to}`)
  for (const entry of entries) {
    const out = entry === first ? ours : theirsOf(entry, folder)
    const measured = await run(entry, out)
    if (entry.within !== undefined && entry !== first) check(entry, ours, out)
    if (entry.once) runs.get(entry.name).push(measured)
    if (entry !== first) rmSync(out, { force: true })
  }
  rmSync(ours)
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries.filter(({ once }) => !once)) {
      const out = theirsOf(entry, folder)
      runs.get(entry.name).push(await run(entry, out))
      rmSync(out, { force: true })
    }
  }
  return Object.fromEntries([...runs].map(([name, measured]) => [name, medians(measured)]))
}

function theirsOf({ variables }, folder) {
  return join(folder, `theirs.${variables.to}`)
}

function run({ name, line, variables }, out) {
  console.error(`  ${name}`)
  return measure(line, { ...variables, out })
}

function check({ name, within }, ours, theirs) {
  try {
    execFileSync(PYTHON, [join(import.meta.dirname, 'agree.py'), ours, theirs, String(within)])
  } catch {
    throw new Error(`${name} does not agree with softmax`)
  }
}

function medians(runs) {
  const median = (key) => runs.map((measured) => measured[key]).toSorted((a, b) => a - b)[runs.length >> 1]
  return { wall: median('wall'), cpu: median('cpu'), peak: median('peak') }
}
