/** Lists the parts of a run: the files to score, and the names of their outputs. */
import { type BigIntStats, lstatSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SoftmaxError, shown, systemReason } from '../../core/errors.js'
import { FORMATS, type FormatName } from '../../core/formats.js'
import { shellFolder } from '../../core/option-words.js'
import { formatOf } from '../../formats/index.js'
import { type CompressionName, compressionOf, extensionOf } from '../../io/compression.js'
import { isLeftover, isPart, noParts } from '../../pipeline/input-files.js'

/** A file as it was when listed, to detect changes. */
export interface Listed {
  /** Its path relative to the input that contains it, separated by `/`. */
  path: string
  bytes: number
  /** With nanoseconds: `2026-11-28T13:45:02.123456789Z`. */
  modified: string
}

/** A directory that contains parts. */
interface Folder {
  path: string
  /** Its path relative to the input, ending in `/`; empty for the input itself. */
  prefix: string
  formats: Formats
}

/** A part, with its own input and output. There may be millions, so strings are computed on demand. */
export class Part {
  readonly #folder: Folder
  readonly #base: string
  readonly #seconds: number
  readonly #nanoseconds: number
  readonly bytes: number

  constructor(folder: Folder, base: string, { size, mtimeNs }: BigIntStats) {
    this.#folder = folder
    this.#base = base
    this.#seconds = Number(mtimeNs / NANOSECONDS)
    this.#nanoseconds = Number(mtimeNs % NANOSECONDS)
    this.bytes = Number(size)
  }

  /** The path of its file. */
  get file(): string {
    return this.#folder.path === '' ? this.#base : join(this.#folder.path, this.#base)
  }

  get input(): Listed {
    const modified = timeText(this.#seconds, this.#nanoseconds)
    return { path: this.#path, bytes: this.bytes, modified }
  }

  /** The name of its output in the output directory. */
  get name(): string {
    return outputName(this.#path, this.#folder.formats)
  }

  /** Whether its file has not changed since it was listed. */
  get isUnchanged(): boolean {
    const stat = statOf(this.file)
    if (!stat) return false
    const now = new Part(this.#folder, this.#base, stat)
    return now.bytes === this.bytes && now.#seconds === this.#seconds && now.#nanoseconds === this.#nanoseconds
  }

  get #path(): string {
    return this.#folder.prefix + basename(this.#base)
  }
}

/** The requested formats, and the compression of outputs. */
interface Formats {
  from?: FormatName | undefined
  to?: FormatName | undefined
  compress?: CompressionName | undefined
}

/** The same, and the output directory, which messages propose to divide. */
interface Outputs extends Formats {
  output?: string | undefined
}

/** What a listing leaves out: the files and directories that the run writes. */
export interface Excluded {
  paths: readonly string[]
  /** Called with each of them that is found among the inputs. */
  onExcluded?: Check
  /** Called with each directory within the inputs. */
  onFolder?: Check
  /** Called with each file that is not a part because its name ends like that of a temporary file. */
  onLeftover?: Check
}

/** Throws for a file or directory within the inputs that must not be left out, or not be read. */
type Check = (path: string) => void

/**
 * The parts in the inputs: files, and the part files in directories and their subdirectories, ordered by the bytes of
 * their names. Names that begin with _ or a dot are skipped, as engines do, and so is what is `excluded`. A directory
 * reached by several links is listed once.
 *
 * @throws E_INPUT for what cannot be read or is not a regular file; E_PARTS if two parts would have the same output
 */
export function listParts(inputs: readonly string[], formats: Outputs, excluded: Excluded): Part[] {
  const walk = walkOf(formats, excluded)
  const parts: Part[] = []
  for (const input of inputs) {
    const before = parts.length
    // Lazily: the status of a file takes more memory than a part.
    for (const { folder, base, stat } of filesOf(input, walk)) {
      parts.push(new Part(folder, base, stat))
    }
    if (parts.length === before) throw new SoftmaxError('E_INPUT', { source: input, reason: noParts() })
  }
  requireOwnOutputs(parts, formats)
  return parts
}

/** How directories are walked. */
interface Walk {
  formats: Formats
  skipped: ReadonlySet<string | undefined>
  onExcluded: Check
  onFolder: Check
  onLeftover: Check
}

const ignore = () => {}

function walkOf(formats: Formats, excluded: Excluded): Walk {
  const { paths, onExcluded = ignore, onFolder = ignore, onLeftover = ignore } = excluded
  const skipped = new Set(paths.map((path) => identityOf(statOf(path))))
  return { formats, skipped, onExcluded, onFolder, onLeftover }
}

interface Found {
  folder: Folder
  /** The file name within the directory. */
  base: string
  stat: BigIntStats
}

/** The file that an input names, or those in the directory. */
function* filesOf(input: string, walk: Walk): Generator<Found> {
  const stat = requireStat(input)
  if (stat.isDirectory()) yield* new Folders(input, walk).files()
  else yield { folder: { path: '', prefix: '', formats: walk.formats }, base: input, stat }
}

/**
 * The subdirectories of an input, each listed once, however many links lead to it: links to each other would give
 * exponentially many paths. A directory inside the input itself is not listed through a link.
 */
class Folders {
  readonly #root: string
  readonly #walk: Walk
  readonly #listed = new Set<string | undefined>()
  #own: ReadonlySet<string | undefined> | undefined

  constructor(root: string, walk: Walk) {
    this.#root = root
    this.#walk = walk
  }

  /** The part files in a directory and its subdirectories; `within` are its ancestors. */
  *files(
    path = this.#root,
    prefix = '',
    within: readonly (string | undefined)[] = [identityOf(statOf(path))],
  ): Generator<Found> {
    const { formats, skipped, onExcluded, onFolder, onLeftover } = this.#walk
    const folder = { path, prefix, formats }
    for (const name of namesIn(path)) {
      if (/^[._]/.test(name)) continue
      const file = join(path, name)
      const stat = isPart(name) ? tryStat(file) : statOf(file)
      if (!stat) continue
      if (skipped.has(identityOf(stat))) {
        if (stat.isDirectory() || isPart(name)) onExcluded(file)
      } else if (!stat.isDirectory()) {
        if (isPart(name)) yield { folder, base: name, stat: requireStat(file) }
        else if (isLeftover(name)) onLeftover(file)
      } else if (within.includes(identityOf(stat))) {
        throw new SoftmaxError('E_INPUT', { source: file, reason: 'it is a link to a folder that contains it' })
      } else if (this.#takes(file, identityOf(stat))) {
        onFolder(file)
        yield* this.files(file, `${prefix}${name}/`, [...within, identityOf(stat)])
      }
    }
  }

  /** Whether a directory should be listed through this path, and was not yet. */
  #takes(path: string, identity: string | undefined): boolean {
    if (this.#listed.has(identity)) return false
    if (isLink(path)) {
      this.#own ??= new Set(foldersIn(this.#root))
      if (this.#own.has(identity)) return false
    }
    this.#listed.add(identity)
    return true
  }
}

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink()
}

/** The identities of all subdirectories not reached through links. */
function* foldersIn(folder: string): Generator<string | undefined> {
  for (const name of namesIn(folder)) {
    const path = join(folder, name)
    if (/^[._]/.test(name) || !lstatSync(path).isDirectory()) continue
    yield identityOf(statOf(path))
    yield* foldersIn(path)
  }
}

/** The names of part files in a directory; none if it does not exist. */
export function partNamesIn(folder: string, excluded: readonly string[]): string[] {
  if (!statOf(folder)?.isDirectory()) return []
  const folders = new Folders(folder, walkOf({}, { paths: excluded }))
  return Array.from(folders.files(), ({ folder, base }) => folder.prefix + base)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort(byBytes)
  } catch (cause) {
    throw new SoftmaxError('E_INPUT', { source: folder, reason: systemReason(cause) }, { cause })
  }
}

/** Compares the bytes of two names. JavaScript's order differs for surrogate pairs. */
function byBytes(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : 1
}

const SURROGATE = /[\ud800-\udfff]/

/** The status of a file; undefined if there is none: the error is reported when the file is opened. */
export function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** The status of a regular file or directory: other kinds cannot be checked for changes. */
function requireStat(path: string): BigIntStats {
  const stat = tryStat(path)
  if (stat.isFile() || stat.isDirectory()) return stat
  throw new SoftmaxError('E_INPUT', { source: path, reason: 'it is not a regular file, as a part must be' })
}

function tryStat(path: string): BigIntStats {
  try {
    return statSync(path, { bigint: true })
  } catch (cause) {
    throw new SoftmaxError('E_INPUT', { source: path, reason: systemReason(cause) }, { cause })
  }
}

/** Device and inode. */
export function identityOf(stat: BigIntStats | undefined): string | undefined {
  return stat && `${stat.dev}:${stat.ino}`
}

const NANOSECONDS = 1_000_000_000n

function timeText(seconds: number, nanoseconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, -4)}${String(nanoseconds).padStart(9, '0')}Z`
}

/** The name of an input with the extension of the output format, if known, and of its compression. */
function outputName(path: string, { from, to, compress }: Formats): string {
  const { inner } = compressionOf(path)
  const ending = compress === undefined ? '' : extensionOf(compress)
  const format = formatOf(inner)
  const target = to ?? from ?? format
  if (target === undefined || target === format) return inner + ending
  const { extensions } = FORMATS[format ?? target]
  const extension = extensions.find((extension) => inner.toLowerCase().endsWith(extension)) ?? ''
  return inner.slice(0, inner.length - extension.length) + FORMATS[target].extensions[0] + ending
}

/** Refuses parts that would be written to the same file, or one where another needs a directory. Throws E_PARTS. */
function requireOwnOutputs(parts: readonly Part[], { output = 'out' }: Outputs): void {
  const byName = new Map<string, Part>()
  for (const part of parts) {
    const { name } = part
    const other = byName.get(name)
    if (other) throw clash(other.file, part.file, name, runForEach(other, part, output))
    byName.set(name, part)
  }
  for (const { file, name } of parts) {
    for (const folder of foldersOf(name)) {
      const other = byName.get(folder)
      if (other) throw clash(other.file, file, folder)
    }
    if (/^_(SUCCESS|manifest|rejects)/.test(name)) {
      throw new SoftmaxError('E_PARTS', { reason: `the name ${shown(name)} is reserved for files that the run writes` })
    }
  }
}

function clash(one: string, other: string, name: string, alternative = ''): SoftmaxError {
  const reason = `${shown(one)} and ${shown(other)} would both be ${shown(name)} in the output; leave one of them out`
  return new SoftmaxError('E_PARTS', { reason: reason + alternative })
}

/** The proposal to score the folders of two parts of the same name separately; empty if these have the same name, too. */
function runForEach(one: Part, other: Part, output: string): string {
  const [folder, second] = [rootOf(one), rootOf(other)]
  if (folder === '.' || basename(folder) === basename(second)) return ''
  return `, or score each folder into its own: ${runInto(folder, join(output, basename(folder)))}`
}

/** The command that scores one folder into another. */
export function runInto(folder: string, output: string): string {
  return `softmax ${shellFolder(folder)} -o ${shellFolder(output)}`
}

/** The folder that a part has its name in. */
function rootOf({ file, name }: Part): string {
  return foldersOf(name).reduce((folder) => dirname(folder), dirname(file))
}

/** The parent directories of a name: `a` and `a/b` for `a/b/c`. */
function foldersOf(name: string): string[] {
  return Array.from(name.matchAll(/\//g), ({ index }) => name.slice(0, index))
}
