/** Runs over parts: each is scored like a separate run and recorded in the manifest. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { plural, SoftmaxError, shown } from '../../core/errors.js'
import { optionText } from '../../core/option-words.js'
import { tooMany } from '../../core/reject.js'
import { requireReadable } from '../../pipeline/file-input.js'
import {
  copyRejected,
  lastRejected,
  newStats,
  noteLane,
  rejectedOf,
  requireRows,
  type Stats,
} from '../../pipeline/row-counts.js'
import { complain, known } from '../messages.js'
import { openOutput, openPrivate } from '../output.js'
import { progressOf } from '../progress.js'
import { summarise } from '../score-run.js'
import { type Abandoned, abandonOnSignal, letStay } from '../signals.js'
import { openStats, type StatsFile } from '../stats.js'
import type { Part } from './listing.js'
import { type Entry, Manifest } from './manifest.js'
import { NameSets, positionsIn } from './names.js'
import { inOrder, type Outcome, type Recorded, sayDone, sayFailed, sayStopped } from './outcome.js'
import { type Plan, REJECTS, SUCCESS } from './plan.js'
import { countAll, proofOf, removeLeft } from './proof.js'
import { isSkipped, type PartsRun, scorePart } from './score-part.js'
import { joinRejects, makeFolder, rejectsName, removeEmpty, requireRejects, type Written } from './side-files.js'
import { TypeSets } from './types.js'

/** A run in progress. */
interface Run extends PartsRun, Outcome {
  manifest: Manifest
  /** The digests expected for the rejects of parts with bad rows. */
  rejects: Map<string, Entry['rejects']>
  /** The parts whose number of classes no row shows. */
  unmeasured: Recorded[]
  failures: Failure[]
}

/**
 * Scores the parts of a run. An unreadable part is skipped and reported at the end, and so is one with other columns if
 * bad rows are skipped; any other failure stops the run. Completed parts remain.
 */
export async function scoreParts(run: Run): Promise<void> {
  abandonOnSignal(run.files, () => sayStopped(run))
  let stats: StatsFile | undefined
  try {
    stats = await openForAll(run)
    await scoreAll(run).finally(() => run.progress?.clear())
    await endRun(run, stats)
  } catch (error) {
    // An earlier run may have left the file, for which other programs wait.
    rmSync(join(run.plan.folder, SUCCESS), { force: true })
    // Whatever there is: the error is reported anyway.
    await joinAll(run, new Map()).catch(() => {})
    await stats?.write(run.totals, known(error).code, run.counts).catch((failure: Error) => complain(failure.message))
    sayFailed(run, error)
    run.manifest.removeEmpty()
    throw error
  } finally {
    run.manifest.close()
  }
}

/** Opens the files shared by all parts, so that errors are reported before the first row. */
async function openForAll({ plan, files, totals }: Run): Promise<StatsFile | undefined> {
  const { rejects, stats } = plan
  if (rejects.file !== undefined) await (await openPrivate(rejects.file)).commit()
  const file = stats.file === undefined ? undefined : await openStats(stats.file, files)
  file?.follow(totals)
  return file
}

/** Begins the run of a plan: its parts can be opened, and there is a folder for the outputs. Throws E_INPUT, E_OUTPUT. */
export async function beginRun(plan: Plan): Promise<Run> {
  for (const { file } of plan.mine) await requireReadable(file)
  makeFolder(plan.folder)
  const { folder, manifest, settings, mine } = plan
  return {
    plan,
    files: [],
    manifest: new Manifest(folder, manifest),
    progress: progressOf(settings, () => mine.reduce((sum, { bytes }) => sum + bytes, 0)),
    said: new Set(),
    unscored: [],
    empty: [],
    unmeasured: [],
    classSets: new NameSets('class'),
    keptSets: new NameSets('kept column'),
    typeSets: new TypeSets(),
    failures: [],
    totals: newStats(),
    counts: { all: mine.length, done: 0, before: 0, failed: [] },
    isOver: false,
    rejects: new Map(),
  }
}

/**
 * Large parts are scored one after the other on all threads, small ones concurrently, as they mostly wait for the disk.
 */
async function scoreAll(run: Run): Promise<void> {
  const active = new Set<Promise<void>>()
  for (const [index, part] of run.plan.mine.entries()) {
    const most = part.bytes > SMALL ? 1 : AT_ONCE
    while (active.size >= most) await Promise.race(active)
    if (!goesOn(run)) break
    const done = noteFailure(run, index, () => finishPart(run, part, index)).finally(() => active.delete(done))
    active.add(done)
    if (most === 1) await done
  }
  await Promise.all(active)
  if (goesOn(run)) await finishUnmeasured(run)
  endFailed(run)
}

/** Whether all parts that failed are skipped. */
function goesOn({ failures, plan: { settings } }: Run): boolean {
  return failures.every(({ error }) => isSkipped(error, settings))
}

async function noteFailure({ failures }: Run, index: number, finish: () => Promise<void>): Promise<void> {
  await finish().catch((error: unknown) => void failures.push({ index, error }))
}

/** Throws the first error in the order of the parts, so that it is reproducible, and reports other skipped parts. */
function endFailed({ plan: { settings, mine }, counts, failures }: Run): void {
  failures.sort((a, b) => a.index - b.index)
  const undone = failures.filter(({ isDone }) => !isDone)
  counts.failed = undone.map(({ index, error }) => ({ input: mine[index]!.file, error: known(error).code }))
  const errors = failures.map(({ error }) => error)
  const first = errors.find((error) => !isSkipped(error, settings)) ?? errors[0]
  for (const error of errors) if (error !== first && isSkipped(error, settings)) complain(known(error).message, 'error')
  if (errors.length > 0) throw first
}

interface Failure {
  index: number
  error: unknown
  /** Whether the part itself is done, and the error is about all parts together. */
  isDone?: true
}

/** Parts up to this many bytes are scored on one thread anyway. */
const SMALL = 400_000
const AT_ONCE = 4

/** Scores a part, unless it is already done. */
async function finishPart(run: Run, part: Part, index: number): Promise<void> {
  const proof = await proofOf(run.plan, part)
  const entry = proof ?? (await scorePart(run, part))
  if (!proof && isUnmeasured(entry)) run.unmeasured.push({ index, entry, part })
  else recordPart(run, part, index, entry, proof !== undefined)
}

/** Whether a part has lists of logits, but none that shows the number of classes. */
function isUnmeasured({ written, classes }: Entry): boolean {
  return written === 0 && classes?.count === 0
}

/**
 * Scores parts without good rows again with the classes of the first other part, if these have no names: otherwise, their
 * outputs would have other columns or types, which readers of the folder refuse.
 */
async function finishUnmeasured(run: Run): Promise<void> {
  const labels = positionsIn(run.classSets.first)
  for (const { index, entry, part } of inOrder(run.unmeasured)) {
    await noteFailure(run, index, async () =>
      recordPart(run, part, index, labels ? await scorePart(run, part, labels) : entry, false),
    )
  }
}

/** Records a part as done: in the manifest, unless an earlier run did so, and in the totals. */
function recordPart(run: Run, part: Part, index: number, entry: Entry, wasDone: boolean): void {
  const { manifest, counts, totals } = run
  if (wasDone) counts.before++
  else manifest.add(entry)
  counts.done++
  if (rejectedOf(entry) > 0) run.rejects.set(rejectsName(part), entry.rejects)
  addUp(totals, entry)
  if (entry.read > 0 && entry.written === 0) run.unscored.push({ index, part, entry })
  if (entry.read === 0) run.empty.push({ index, part, entry })
  run.progress?.update(totals.bytes, totals.read)
  try {
    requireFewErrors(run, part, entry)
    addNames(run, part, index, entry)
  } catch (error) {
    run.failures.push({ index, error, isDone: true })
  }
}

/** Throws E_PARTS if the columns of a part differ from those of others and must not. */
function addNames(
  { plan, classSets, keptSets, typeSets }: Run,
  part: Part,
  index: number,
  { classes, kept }: Entry,
): void {
  if (classes?.count !== 0) classSets.add(index, part.name, classes)
  keptSets.add(index, part.name, kept)
  typeSets.add(index, part.name, kept)
  const { to, outputHeader = to !== 'copy' } = plan.settings
  if (!outputHeader) for (const set of [classSets, keptSets]) set.requireOne(WITHOUT_HEADER())
}

/** Programs that read the outputs as one table would take columns for others. */
const WITHOUT_HEADER = () =>
  `outputs without a header need the same columns in the same order; score this part separately, or add ${optionText('outputHeader', true)}`

/** Throws E_TOO_MANY if the parts of this process have more bad rows in total than allowed. */
function requireFewErrors({ plan, totals }: Run, { file }: Part, entry: Entry): void {
  const { maxErrors = Number.POSITIVE_INFINITY } = plan.settings
  if (rejectedOf(totals) <= maxErrors) return
  const last = lastRejected(entry)
  if (last) throw tooMany(last.code, last.info, maxErrors)
  // Of a part scored by an earlier run, only the number of bad rows is known.
  throw new SoftmaxError('E_TOO_MANY', { most: maxErrors, last: `in ${shown(file)}` })
}

/** Throws E_TOO_MANY if the parts of all shares have more bad rows in total than allowed, which no single share knows. */
function requireFewInAll({ folder, settings, share }: Plan, rejected: number): void {
  const { maxErrors = Number.POSITIVE_INFINITY } = settings
  if (!share || rejected <= maxErrors) return
  rmSync(join(folder, SUCCESS), { force: true })
  throw new SoftmaxError('E_TOO_MANY', { most: maxErrors, last: `one of ${rejected} in ${shown(folder)}` })
}

function addUp(totals: Stats, { read, written, abstained, rejected, nan = 0, lane, input }: Entry): void {
  totals.read += read
  totals.written += written
  totals.abstained += abstained
  if (nan > 0) totals.nan = (totals.nan ?? 0) + nan
  totals.bytes += input.bytes
  for (const [code, count] of Object.entries(rejected)) totals.rejected[code] = (totals.rejected[code] ?? 0) + count
  if (lane) noteLane(totals, lane)
}

/** Commits the files shared by all parts, `_SUCCESS` last. */
async function endRun(run: Run, stats: StatsFile | undefined): Promise<void> {
  const { plan, files, manifest, totals, counts } = run
  const { settings } = plan
  await manifest.rewrite(namesOf(plan.parts), files)
  await finishRejects(run)
  for (const { entry } of inOrder(run.unscored).toReversed()) copyRejected(entry, totals)
  requireRows({ settings, stats: totals })
  await stats?.write(totals, undefined, counts)
  const successFile = join(plan.folder, SUCCESS)
  // Checked before the manifests are read: a marker that another share creates in the meantime does not count.
  const hasSuccessFile = existsSync(successFile)
  const { missing, rejected } = countAll(plan)
  if (missing === 0) {
    requireFewInAll(plan, rejected)
    await markComplete(plan, files)
  }
  if (missing > 0 && hasSuccessFile) rmSync(successFile, { force: true })
  summarise({ done: totals, settings })
  sayDone(run, plan.share ? missing : 0)
  if (missing > 0 && !plan.share) throw notComplete(plan, missing)
}

/**
 * Without shares, this run covers all parts; if another process overwrote some in the meantime, they may be from other
 * options.
 */
function notComplete({ folder }: Plan, missing: number): SoftmaxError {
  const parts = `${plural(missing, 'part')} ${missing === 1 ? 'was' : 'were'}`
  const reason = `${parts} changed or written by another process in the meantime, so it is not complete; ${optionText('resume', true)} checks again`
  return new SoftmaxError('E_OUTPUT', { path: folder, reason })
}

function* namesOf(parts: readonly Part[]): Generator<string> {
  for (const { name } of parts) yield name
}

async function markComplete(plan: Plan, files: Abandoned[]): Promise<void> {
  const successFile = join(plan.folder, SUCCESS)
  removeLeft(plan)
  removeEmpty(join(plan.folder, REJECTS))
  if (existsSync(successFile)) return
  const output = await openOutput(successFile)
  files.push(output)
  await output.commit()
  letStay(files, output)
}

/** Checks the rejects of all parts, and joins them if they go to one file. Throws E_OUTPUT if another process changed some. */
async function finishRejects(run: Run): Promise<void> {
  const { folder, file } = run.plan.rejects
  if (file !== undefined) await joinAll(run, run.rejects)
  else if (folder !== undefined) await requireRejects(folder, run.rejects)
}

async function joinAll({ plan: { rejects, parts } }: Run, written: Written): Promise<void> {
  const { folder, file } = rejects
  if (file !== undefined && folder !== undefined) await joinRejects(file, folder, parts.map(rejectsName), written)
}
