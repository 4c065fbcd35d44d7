/** From parts to parts: each is scored as by a run of its own, and the manifest says what is done. */
import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SoftmaxError } from '../../core/errors.js'
import { requireReadable } from '../../pipeline/file-input.js'
import { newStats, noteLane, type Stats } from '../../pipeline/row-counts.js'
import { complain, known } from '../messages.js'
import { EXISTS, openOutput } from '../output.js'
import { type Progress, progressOf } from '../progress.js'
import { scoreInto, summarise } from '../score-run.js'
import { type Abandoned, abandonOnSignal } from '../signals.js'
import { openStats, type PartCounts, type StatsFile } from '../stats.js'
import { besidePath, digestOfRejects, joinRejects, makeFolder } from './beside.js'
import { type Digest, digested } from './digest.js'
import { listedAt, type Part } from './listing.js'
import { type Entry, Manifest } from './manifest.js'
import { type Plan, SUCCESS, settingsFor } from './plan.js'
import { countMissing, proofOf, rejectsName, removeLeft } from './proof.js'

/** A run that is under way. */
interface Run {
  plan: Plan
  /** What a signal removes; of these, how many are of all parts. */
  files: Abandoned[]
  lasting: number
  manifest: Manifest
  progress: Progress | undefined
  said: Set<string>
  /** Of the parts that are done. */
  totals: Stats
  counts: PartCounts
}

/** Scores the parts of a plan. The first one that fails ends the run; those before it stay. */
export async function scoreParts(plan: Plan): Promise<void> {
  for (const { file, name } of plan.mine) {
    await requireReadable(file)
    if (!plan.settings.clobber) requireFree(join(plan.folder, name))
  }
  makeFolder(plan.folder)
  const files: Abandoned[] = []
  abandonOnSignal(files)
  const stats = plan.stats.file === undefined ? undefined : await openStats(plan.stats.file)
  if (stats) files.push(stats)
  const run = beginRun(plan, files)
  try {
    await scoreAll(run).finally(() => run.progress?.clear())
    await endRun(run, stats)
  } catch (error) {
    await joinAll(run).catch(() => {})
    await stats?.write(run.totals, known(error).code, run.counts).catch((failure: Error) => complain(failure.message))
    say(run, `${run.counts.done} of ${run.counts.all} parts are done; --resume goes on from there`)
    throw error
  } finally {
    run.manifest.close()
  }
}

/** Throws E_OUTPUT for a file that is there already. */
function requireFree(path: string): void {
  if (existsSync(path)) throw new SoftmaxError('E_OUTPUT', { path, reason: EXISTS })
}

function beginRun(plan: Plan, files: Abandoned[]): Run {
  const { folder, manifest, settings, mine } = plan
  return {
    plan,
    files,
    lasting: files.length,
    manifest: new Manifest(folder, manifest.name, manifest.entries),
    progress: progressOf(
      settings,
      mine.map(({ file }) => file),
    ),
    said: new Set(),
    totals: newStats(),
    counts: { all: mine.length, done: 0, before: 0 },
  }
}

async function scoreAll(run: Run): Promise<void> {
  const { plan, manifest, counts } = run
  for (const part of plan.mine) {
    const proof = await proofOf(plan, part)
    const entry = proof ?? (await scorePart(run, part))
    if (!proof) manifest.add(entry)
    counts.done++
    if (proof) counts.before++
    addUp(run.totals, entry)
    run.progress?.update(run.totals.bytes, run.totals.read)
  }
}

/** Scores a part into its output, which is in place when this resolves. */
async function scorePart(run: Run, part: Part): Promise<Entry> {
  const { folder, made, rejects: beside } = run.plan
  const start = performance.now()
  // The folder is not complete from here on.
  rmSync(join(folder, SUCCESS), { force: true })
  makeFolder(dirname(join(folder, part.name)))
  const path = besidePath(beside, rejectsName(part))
  const done = newStats()
  const output = await writePart(run, part, { path, done, start })
  requireUnchanged(part)
  const rejects = path === undefined ? undefined : await digestOfRejects(path)
  const { bytes: _, ...counts } = done
  const seconds = Math.round(performance.now() - start) / 1000
  return { part: part.name, input: part.input, output, ...(rejects && { rejects }), ...counts, seconds, made }
}

interface Written {
  /** The file of rejects. */
  path: string | undefined
  done: Stats
  start: number
}

/** Writes the output of a part, and its statistics where each part has its own. */
async function writePart(run: Run, part: Part, { path, done, start }: Written): Promise<Digest> {
  const { plan, files, said, progress, totals } = run
  const statsPath = besidePath(plan.stats, `${part.name}.json`)
  const stats = statsPath === undefined ? undefined : await openStats(statsPath, start)
  if (stats) files.push(stats)
  const settings = { ...settingsFor(plan, part), rejects: path }
  const within = progress && {
    update: (bytes: number, rows: number) => progress.update(totals.bytes + bytes, totals.read + rows),
    clear() {},
  }
  const { open, digest } = digestingOutput()
  try {
    await scoreInto(files, { inputs: [part.file], settings, stats, progress: within, done, said }, open)
    return digest()
  } catch (error) {
    await stats?.write(done, known(error).code).catch((failure: Error) => complain(failure.message))
    throw error
  } finally {
    // What is in place, or abandoned, is no longer to be removed on a signal.
    files.splice(run.lasting)
  }
}

/** A way to open one output, and the digest of what was written to it. */
function digestingOutput(): { open: typeof openOutput; digest(): Digest } {
  let digest: () => Digest
  return {
    open: async (...target) => {
      const opened = digested(await openOutput(...target))
      digest = opened.digest
      return opened.output
    },
    digest: () => digest(),
  }
}

/** Throws E_INPUT where the input is another than it was when it was listed. */
function requireUnchanged({ file, input }: Part): void {
  const { bytes, modified } = listedAt(file, input.path)
  if (bytes === input.bytes && modified === input.modified) return
  throw new SoftmaxError('E_INPUT', { source: file, reason: 'it changed while it was scored' })
}

function addUp(totals: Stats, { read, written, abstained, rejected, lane, input }: Entry): void {
  totals.read += read
  totals.written += written
  totals.abstained += abstained
  totals.bytes += input.bytes
  for (const [code, count] of Object.entries(rejected)) totals.rejected[code] = (totals.rejected[code] ?? 0) + count
  if (lane) noteLane(totals, lane)
}

/** Puts everything in place that is of all parts; the mark of a complete folder last. */
async function endRun(run: Run, stats: StatsFile | undefined): Promise<void> {
  const { plan, manifest, totals, counts } = run
  await manifest.rewrite(plan.parts.map(({ name }) => name))
  await joinAll(run)
  await stats?.write(totals, undefined, counts)
  const missing = countMissing(plan)
  if (missing === 0) await markComplete(plan)
  summarise({ done: totals, settings: plan.settings })
  const parts = `${plan.share ? `${counts.all} of ` : ''}${plan.parts.length} part${plan.parts.length === 1 ? '' : 's'}`
  const before = counts.before > 0 ? `, ${counts.before} of them before` : ''
  const left = missing > 0 ? `; ${missing} ${missing === 1 ? 'part is' : 'parts are'} left to other shares` : ''
  say(run, `${plan.folder}: ${parts} done${before}, ${totals.written} rows${left}`)
}

async function markComplete(plan: Plan): Promise<void> {
  const mark = join(plan.folder, SUCCESS)
  if (plan.settings.resume) removeLeft(plan)
  if (existsSync(mark)) return
  await (await openOutput(mark)).commit()
}

/** Puts the rejects of parts together, where they go to one file. */
async function joinAll({ plan: { rejects, parts } }: Run): Promise<void> {
  const { folder, file } = rejects
  if (file === undefined || folder === undefined) return
  const paths = parts.map((part) => join(folder, rejectsName(part)))
  await joinRejects(file, paths.filter(existsSync))
}

function say({ plan }: Run, text: string): void {
  if (!plan.settings.quiet) complain(text)
}
