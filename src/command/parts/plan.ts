/** Plans a run over parts, before anything is written. */
import { existsSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, parse, relative, sep } from 'node:path'
import { SoftmaxError, shown, withSource } from '../../core/errors.js'
import { type FormatName, isArray } from '../../core/formats.js'
import { optionText } from '../../core/option-words.js'
import type { SettingsOf } from '../../core/options.js'
import { requestedTypes } from '../../core/requested-types.js'
import { formatOf } from '../../formats/index.js'
import { isPart, leftoversText } from '../../pipeline/input-files.js'
import { requireFormats } from '../../pipeline/output-conflicts.js'
import { requireDistinct } from '../conflict.js'
import { DASH, descriptorOf } from '../descriptor.js'
import { warn } from '../messages.js'
import { EXISTS } from '../output.js'
import { isFolder } from '../output-folder.js'
import { identityOf, listParts, type Part, partNamesIn, runInto, statOf } from './listing.js'
import { isManifest, type Line, manifestName, manifestsIn, readEntries } from './manifest.js'
import { differenceOf, type Made, madeWith } from './options.js'
import { pathsOf, requireResults } from './results-among-inputs.js'
import { partsOfShare, type Share, shareOf } from './shares.js'
import { rejectsName, type SideFiles, statsName } from './side-files.js'

type Settings = SettingsOf<'command'>

/** The plan of a run over parts. */
export interface Plan {
  settings: Settings
  /** The output directory, as given. */
  folder: string
  /** All parts, and those of this process. */
  parts: Part[]
  mine: Part[]
  share: Share | undefined
  made: Made
  rejects: SideFiles
  stats: SideFiles
  /** The manifest lines for each part, and the name of the manifest of this process. */
  before: Map<string, Line[]>
  manifest: string
}

/** What a plan depends on besides inputs and settings. */
interface Circumstances {
  /** The version of this package. */
  version: string
  /** The calibration file, if given. */
  calibration: string | undefined
}

/** The marker file of a complete directory, as written and expected by Hadoop and Spark. */
export const SUCCESS = '_SUCCESS'

/** The settings for one part, which is scored like a separate run. */
export function settingsFor({ settings, folder }: Plan, part: Part): Settings {
  const to = formatFor(settings, part)
  // Rejects, statistics and missing rows concern all parts together.
  const ofAll = { rejects: undefined, stats: undefined, requireRows: false }
  return { ...settings, output: join(folder, part.name), to, ...ofAll }
}

/** The format of the output of a part; undefined if only its content shows it. */
export function formatFor({ to, from }: Settings, { name }: Part): FormatName | undefined {
  return to ?? from ?? formatOf(name)
}

/** Why programs cannot read files of a format that are compressed from outside, and what to do instead. */
const NOT_COMPRESSED: Partial<Record<FormatName, () => string>> = {
  parquet: () => 'Parquet compresses its pages itself',
  arrow: () => `Arrow files are read at any position; ${optionText('to', 'arrows')} writes streams, which are not`,
  npz: () => 'it is a zip archive',
}

/** Throws E_CONFLICT for an output that other programs could not read because of its compression. */
function requireCompressible(parts: readonly Part[], settings: Settings): void {
  const { compress } = settings
  if (compress === undefined) return
  for (const part of parts) {
    const why = NOT_COMPRESSED[formatFor(settings, part) ?? 'csv']
    if (!why) continue
    const option = optionText('compress', compress)
    const reason = `${option} would make ${shown(part.name)}, which other programs cannot read: ${why()}; leave out ${optionText('compress')}`
    throw new SoftmaxError('E_CONFLICT', { reason })
  }
}

/** Throws E_CONFLICT if an option does not fit the format of a part, or that of its output. */
function requireWritable(parts: readonly Part[], settings: Settings): void {
  const known = new Set<string>()
  for (const part of parts) {
    const from = settings.from ?? formatOf(part.file)
    const to = formatFor(settings, part)
    if (from === undefined || to === undefined || known.has(`${from} ${to}`)) continue
    known.add(`${from} ${to}`)
    try {
      requireFormats(settings, from, to)
    } catch (error) {
      throw withSource(error, part.file)
    }
  }
}

/**
 * Plans a run from the given inputs to a directory.
 *
 * @throws E_CONFLICT, E_INPUT, E_OUTPUT, E_PARTS, E_SAME_FILE; E_RESUME if the directory can be neither started nor
 * resumed
 */
export function planOf(named: readonly string[], settings: Settings, { version, calibration }: Circumstances): Plan {
  const folder = settings.output!
  requireOptions(named, settings)
  const rejects = sideFilesOf(settings.rejects, join(folder, REJECTS))
  const stats = sideFilesOf(settings.stats, undefined)
  const own = { rejects, stats }
  const excluded = pathsOf(own)
  const leftovers: string[] = []
  const parts = listParts(named, settings, {
    paths: [folder, ...excluded],
    onExcluded: (found) => requireResults(found, folder, own),
    onFolder: requireNoOutput,
    onLeftover: (found) => leftovers.push(found),
  })
  if (leftovers.length > 0) warn(settings, leftoversText(leftovers))
  requireCompressible(parts, settings)
  requireWritable(parts, settings)
  const share = settings.part === undefined ? undefined : shareOf(settings.part)
  const mine = share ? partsOfShare(parts, share) : parts
  const made = madeWith(settings, version)
  const manifest = manifestName(share)
  const plan: Plan = { settings, folder, parts, mine, share, made, rejects, stats, before: new Map(), manifest }
  requireOtherFiles(named, plan, calibration)
  requireOwn(plan, excluded)
  if (!settings.clobber) for (const { name } of mine) requireFree(join(folder, name))
  readBefore(plan)
  return plan
}

/** The directory for the rejects of each part, inside the output directory, if they will be joined into one file. */
export const REJECTS = '_rejects'

function sideFilesOf(path: string | undefined, folder: string | undefined): SideFiles {
  if (path === undefined) return {}
  return isFolder(path) ? { folder: path } : { folder, file: path }
}

/** Refuses options that have no meaning for parts, or would not give the same result each time. Throws E_CONFLICT. */
function requireOptions(named: readonly string[], settings: Settings): void {
  const { resume, part, clobber, metrics, rejects, stats, types } = settings
  const reasons: [boolean, string][] = [
    [
      named.length === 0 || named.includes(DASH),
      'standard input cannot be a part; name files or folders, or write to a file',
    ],
    [
      requestedTypes(types).infers,
      `${optionText('types', 'infer')} could give each part different types; name columns, such as ${optionText('types', 'id=int64')}, or write to one file`,
    ],
    [metrics !== undefined, `${optionText('metrics')} works only with one output; softmax evaluate measures parts`],
    [
      resume && !clobber,
      `${optionText('resume')} replaces incomplete outputs; leave out ${optionText('clobber', false)}`,
    ],
    [part !== undefined && rejects !== undefined && !isFolder(rejects), aFolder(rejects)],
    [part !== undefined && stats !== undefined && !isOfShare(stats, shareOf(part)), aFileEach(stats, part)],
  ]
  const reason = reasons.find(([isGiven]) => isGiven)?.[1]
  if (reason !== undefined) throw new SoftmaxError('E_CONFLICT', { reason })
  for (const option of ['rejects', 'stats'] as const) requireNoPart(option, settings)
}

/** Refuses a file or directory inside the output directory that readers would take for a part. Throws E_CONFLICT. */
function requireNoPart(option: 'rejects' | 'stats', { output, [option]: path }: Settings): void {
  if (path === undefined || descriptorOf(path) !== undefined) return
  const names = relative(output!, path).split(sep)
  const isWithin = names[0] !== '..' && !isAbsolute(names.join(sep))
  if (!isWithin) return
  if (isReserved(names, isFolder(path))) throw reserved(option, path, output!)
  if (names.some((name) => /^[._]/.test(name)) || !(isFolder(path) || isPart(names.at(-1)!))) return
  const hidden = `${join(output!, `_${names.join(sep)}`)}${isFolder(path) ? sep : ''}`
  const reason = `${optionText(option, path)} would look like a part of the output; use ${optionText(option, hidden)}`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

function aFolder(path: string | undefined): string {
  return `with ${optionText('part')}, several processes would write to one file; name a folder with ${optionText('rejects', `${path}/`)}`
}

/**
 * Whether statistics are separate for each process: in a directory, to a descriptor, or in a file with the number of
 * the share in its name.
 */
function isOfShare(path: string, { index }: Share): boolean {
  const hasNumber = (path.match(/\d+/g) ?? []).some((number) => Number(number) === index)
  return hasNumber || descriptorOf(path) !== undefined || isFolder(path)
}

function aFileEach(path = '', part = ''): string {
  const { dir, name, ext } = parse(path)
  const [own] = part.split('/')
  const file = optionText('stats', join(dir, `${name}-${own}${ext}`))
  return `with ${optionText('part')}, several processes would write to one file; put the number of the share in the name, such as ${file}, or name a folder, ${optionText('stats', `${path}/`)}`
}

/** Whether the run itself writes a file at a path within the output directory. */
function isReserved([first, ...rest]: readonly string[], isFolder: boolean): boolean {
  if (first === REJECTS) return rest.length > 0 && !isFolder
  return first === SUCCESS || isManifest(first!)
}

function reserved(option: 'rejects' | 'stats', path: string, output: string): SoftmaxError {
  const other = optionText(option, join(output, `_all-${option}.ndjson`))
  const reason = `${optionText(option, path)} is a name that the run itself uses; use ${other}`
  return new SoftmaxError('E_CONFLICT', { reason })
}

/** Throws E_PARTS for a directory within the inputs that is the output of a run: it contains results, not logits. */
function requireNoOutput(folder: string): void {
  const [name] = manifestsIn(folder)
  if (name === undefined) return
  const reason = `${shown(folder)} is the output of another run, according to its ${name}; to score it, name it explicitly, or else move it`
  throw new SoftmaxError('E_PARTS', { reason })
}

/** Refuses outputs that are also inputs or have another use. Throws E_SAME_FILE. */
function requireOtherFiles(named: readonly string[], { parts, folder, rejects, stats }: Plan, calibration = ''): void {
  const read = function* () {
    yield* named
    for (const { file } of parts) yield file
    if (calibration !== '') yield calibration
  }
  const files = { output: undefined, metrics: undefined, report: undefined, rejects: rejects.file, stats: stats.file }
  requireDistinct(read(), files)
  let inputs: ReadonlySet<string | undefined> | undefined
  const besides = identitiesOf([rejects.file, stats.file].filter((path) => path !== undefined))
  for (const [file, path] of writtenBy(parts, folder, rejects, stats)) {
    const identity = identityOf(statOf(path))
    if (identity === undefined) continue
    inputs ??= identitiesOf(read())
    if (inputs.has(identity)) throw new SoftmaxError('E_SAME_FILE', { path, file, is: 'an input' })
    if (besides.has(identity))
      throw new SoftmaxError('E_SAME_FILE', { path, file, is: 'used for something else in this run' })
  }
}

/** What a run writes into directories that exist: each directory, and its file of each part. */
function* writtenBy(parts: readonly Part[], folder: string, rejects: SideFiles, stats: SideFiles) {
  const folders: [kind: string, folder: string | undefined, nameOf: (part: Part) => string][] = [
    ['output', folder, ({ name }) => name],
    ['rejects', rejects.folder, rejectsName],
    ['stats', stats.folder, statsName],
  ]
  for (const [kind, folder, nameOf] of folders) {
    if (folder === undefined || !statOf(folder)) continue
    const [inFolder, file] = kind === 'output' ? [kind, kind] : [`${kind} folder`, `${kind} file`]
    yield [inFolder, folder] as const
    for (const part of parts) yield [file, join(folder, nameOf(part))] as const
  }
}

function identitiesOf(paths: Iterable<string>): Set<string | undefined> {
  const identities = new Set<string | undefined>()
  for (const path of paths) identities.add(identityOf(statOf(path)))
  return identities
}

/**
 * Refuses a directory with content that this run does not continue, so that it never mixes two runs. Throws E_RESUME.
 */
function requireOwn({ folder, parts, mine, share, settings, manifest }: Plan, excluded: readonly string[]): void {
  const refuse = (reason: string, remedy: string) => new SoftmaxError('E_RESUME', { folder, reason, remedy })
  const manifests = manifestsIn(folder)
  const isDone = existsSync(join(folder, SUCCESS))
  const ofOthers = (name: string) => name !== manifest && share && name.endsWith(`-of-${share.count}.ndjson`)
  // If there are more shares than parts, some have nothing to do, and may start when everything is done.
  const isOfOtherShares = manifests.every(ofOthers) && (!isDone || (share && manifests.length > 0 && mine.length === 0))
  if (!settings.resume && !isOfOtherShares) {
    throw refuse('contains the output of another run', `continue it with ${optionText('resume')} and the same options`)
  }
  if (isDone && manifests.length === 0) throw refuse(`contains a ${SUCCESS} of another program`, 'remove it')
  const others = new Set(partNamesIn(folder, excluded))
  for (const { name } of parts) others.delete(name)
  const [other] = others
  if (other === undefined) return
  const remedy = wasWritten(other, folder, manifests)
    ? `if its input was renamed, delete it and its rejects file${runInside(folder, parts, others)}; to keep outputs longer than inputs, score each batch into a folder of its own`
    : 'move it elsewhere'
  throw refuse(`contains ${shown(other)}, which none of these inputs produces`, remedy)
}

/** How to score some folders of the inputs without changing the outputs of others; empty if there are no such folders. */
function runInside(output: string, parts: readonly Part[], others: ReadonlySet<string>): string {
  if (![...others].some((name) => name.includes('/'))) return ''
  for (const { file, name } of parts) {
    const folder = dirname(file)
    // Of a folder that an earlier run scored within another one, or of one within the inputs.
    const inside = name.includes('/') ? dirname(name) : basename(folder)
    if (!name.includes('/') && !others.has(`${inside}/${name}`)) continue
    return `; to keep it, score each subfolder separately (${runInto(folder, join(output, inside))})`
  }
  return ''
}

/** Whether a file is the output of an earlier run, according to the manifests. */
function wasWritten(name: string, folder: string, manifests: readonly string[]): boolean {
  for (const manifest of manifests) {
    for (const { entry } of readEntries(join(folder, manifest))) if (entry.part === name) return true
  }
  return false
}

/** Throws E_OUTPUT if a file exists. */
function requireFree(path: string): void {
  if (existsSync(path)) throw new SoftmaxError('E_OUTPUT', { path, reason: EXISTS })
}

/** Reads the manifests, which must be from the same options. Throws E_RESUME. */
function readBefore({ folder, made, before, mine, settings }: Plan): void {
  const isOfArrays = mine.some((part) => isArray(formatFor(settings, part) ?? 'csv'))
  for (const name of manifestsIn(folder)) {
    for (const { entry, line } of readEntries(join(folder, name))) {
      const difference = differenceOf(entry.made, made, isOfArrays)
      if (difference) {
        const [reason, remedy] = [`was made ${difference}`, 'use the same options']
        throw new SoftmaxError('E_RESUME', { folder, reason, remedy })
      }
      before.set(entry.part, [...(before.get(entry.part) ?? []), line])
    }
  }
}
