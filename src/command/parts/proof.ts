/** Verifies that a part, or all parts, are done. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rejectedOf } from '../../pipeline/row-counts.js'
import { hasDigest, hasLength } from './digest.js'
import type { Part } from './listing.js'
import { type Entry, entryAt, manifestsIn, readEntries } from './manifest.js'
import { differenceOf } from './options.js'
import type { Plan } from './plan.js'
import { rejectsName } from './side-files.js'

/**
 * The manifest entry that proves a part done: made from the same input, with the recorded digests of its output and
 * rejects.
 */
export async function proofOf(plan: Plan, part: Part): Promise<Entry | undefined> {
  for (const line of plan.before.get(part.name) ?? []) {
    const entry = entryAt(line)
    if (entry && (await isProved(plan, part, entry))) return entry
  }
  return undefined
}

async function isProved({ folder, settings, rejects }: Plan, part: Part, entry: Entry): Promise<boolean> {
  if (!isOf(part, entry)) return false
  if (rejectedOf(entry) > 0) {
    // A bad row would have stopped this run.
    if (settings.onError === 'fail') return false
    const file = rejects.folder && join(rejects.folder, rejectsName(part))
    if (file !== undefined && !(entry.rejects && (await hasDigest(file, entry.rejects)))) return false
  }
  const path = join(folder, part.name)
  return entry.output === null ? !existsSync(path) : hasDigest(path, entry.output)
}

/** Whether an entry describes the part with its current input. */
function isOf({ name, input }: Part, entry: Entry): boolean {
  const { path, bytes, modified } = entry.input
  return entry.part === name && path === input.path && bytes === input.bytes && modified === input.modified
}

/**
 * The number of parts that no process has completed, according to the current manifests, and of bad rows in the others.
 * Each process writes its manifest before it reads those of others, so the last process to finish sees all parts done.
 */
export function countAll({ folder, parts, made }: Plan): { missing: number; rejected: number } {
  const missing = new Map<string, Part>()
  let rejected = 0
  for (const part of parts) missing.set(part.name, part)
  for (const name of manifestsIn(folder)) {
    for (const { entry } of readEntries(join(folder, name))) {
      const part = missing.get(entry.part)
      const isDone = part && isOf(part, entry) && part.isUnchanged && differenceOf(entry.made, made) === undefined
      if (!isDone || !isInPlace(join(folder, part.name), entry)) continue
      missing.delete(part.name)
      rejected += rejectedOf(entry)
    }
  }
  return { missing: missing.size, rejected }
}

function isInPlace(path: string, { output }: Entry): boolean {
  return output === null ? !existsSync(path) : hasLength(path, output.bytes)
}

/** Removes temporary files left by killed processes, but only those older than this process. */
export function removeLeft({ folder, parts }: Plan): void {
  const folders = new Set(['.', ...parts.map(({ name }) => dirname(name))])
  for (const inside of folders) {
    for (const name of readdirSync(join(folder, inside))) {
      const path = join(folder, inside, name)
      if (/^\.softmax-[0-9a-f]{12}\.tmp$/.test(name) && isOlder(path)) rmSync(path, { force: true })
    }
  }
}

function isOlder(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && stat.mtimeMs < performance.timeOrigin
}
