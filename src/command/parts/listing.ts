/** The parts of a run from parts to parts: the files that are scored, and what the output of each is called. */
import { type BigIntStats, lstatSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SoftmaxError, shown, systemReason } from '../../core/errors.js'
import { FORMATS, type FormatName } from '../../core/formats.js'
import { formatOf } from '../../formats/index.js'
import { compressionOf } from '../../io/compression.js'
import { isPart, NO_PARTS } from '../../pipeline/input-files.js'

/** A file as it was when it was listed: what shows that it is the same. */
export interface Listed {
  /** Its path beneath the input that it was found in, `/` between folders. */
  path: string
  bytes: number
  /** To the nanosecond: `2026-11-28T13:45:02.123456789Z`. */
  modified: string
}

/** A part: an input of its own, and an output of its own. */
export interface Part {
  /** The path of its file. */
  file: string
  input: Listed
  /** The name of its output in the folder of outputs. */
  name: string
}

/** The formats that were asked for. */
interface Formats {
  from: FormatName | undefined
  to: FormatName | undefined
}

/**
 * The parts that inputs stand for: files, and of folders the files that are called like parts, with those of the folders
 * inside, in the order of the bytes of their names. Names that begin with _ or a point are left out, as engines do, and
 * so is what `excluded` names, which this run writes. A folder that links lead to is listed once.
 *
 * @throws E_INPUT for what cannot be read or is no regular file; E_PARTS where two parts would have one output
 */
export function listParts(
  inputs: readonly string[],
  formats: Formats,
  excluded: readonly string[],
  check: Check = () => {},
): Part[] {
  const skipped = identitiesOf(excluded)
  const parts: Part[] = []
  for (const input of inputs) {
    const before = parts.length
    // One by one: the status of a file takes more memory than a part.
    for (const { file, path, stat } of filesOf(input, skipped, check)) {
      parts.push({ file, input: listed(path, stat), name: outputName(path, formats) })
    }
    if (parts.length === before) throw new SoftmaxError('E_INPUT', { source: input, reason: NO_PARTS })
  }
  requireOwnOutputs(parts)
  return parts
}

/** Throws for a folder within the inputs that is not to be read. */
type Check = (folder: string) => void

interface Found {
  file: string
  path: string
  stat: BigIntStats
}

/** The file that an input names, or those in the folder. */
function* filesOf(input: string, skipped: ReadonlySet<string | undefined>, check: Check): Generator<Found> {
  const stat = requireStat(input)
  if (stat.isDirectory()) yield* new Folders(input, skipped, check).files(input)
  else yield { file: input, path: basename(input), stat }
}

/**
 * The folders beneath one, each of which is listed once, whatever links lead to it: of those that lead to each other there
 * would be as many paths as there are ways through them. One that is there by itself is not listed by a link.
 */
class Folders {
  readonly #root: string
  readonly #skipped: ReadonlySet<string | undefined>
  readonly #check: Check
  readonly #listed = new Set<string | undefined>()
  #own: ReadonlySet<string | undefined> | undefined

  constructor(root: string, skipped: ReadonlySet<string | undefined>, check: Check) {
    this.#root = root
    this.#skipped = skipped
    this.#check = check
  }

  /** The files called like parts in a folder and in those inside; `within` are the folders that it is in. */
  *files(
    folder: string,
    prefix = '',
    within: readonly (string | undefined)[] = [identityOf(statOf(folder))],
  ): Generator<Found> {
    for (const name of namesIn(folder)) {
      if (/^[._]/.test(name)) continue
      const file = join(folder, name)
      const stat = isPart(name) ? tryStat(file) : statOf(file)
      if (!stat || this.#skipped.has(identityOf(stat))) continue
      if (!stat.isDirectory()) {
        if (isPart(name)) yield { file, path: prefix + name, stat: requireStat(file) }
      } else if (within.includes(identityOf(stat))) {
        throw new SoftmaxError('E_INPUT', { source: file, reason: 'it is a link to a folder that it is in' })
      } else if (this.#takes(file, identityOf(stat))) {
        this.#check(file)
        yield* this.files(file, `${prefix}${name}/`, [...within, identityOf(stat)])
      }
    }
  }

  /** Whether a folder is to be listed by this path, and is not yet. */
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

/** The identities of the folders beneath one that no link leads to. */
function* foldersIn(folder: string): Generator<string | undefined> {
  for (const name of namesIn(folder)) {
    const path = join(folder, name)
    if (/^[._]/.test(name) || !lstatSync(path).isDirectory()) continue
    yield identityOf(statOf(path))
    yield* foldersIn(path)
  }
}

/** The names of files in a folder that are called like parts, none where there is no such folder. */
export function partNamesIn(folder: string, excluded: readonly string[]): string[] {
  if (!statOf(folder)?.isDirectory()) return []
  const folders = new Folders(folder, identitiesOf(excluded), () => {})
  return Array.from(folders.files(folder), ({ path }) => path)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  } catch (cause) {
    throw new SoftmaxError('E_INPUT', { source: folder, reason: systemReason(cause) }, { cause })
  }
}

/** The status of a file; undefined where there is none: the error is reported when the file is opened. */
export function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** That of a regular file or a folder: of what else there is, it cannot be known whether it is the same. */
function requireStat(path: string): BigIntStats {
  const stat = tryStat(path)
  if (stat.isFile() || stat.isDirectory()) return stat
  throw new SoftmaxError('E_INPUT', { source: path, reason: 'it is no regular file, which a part has to be' })
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

function identitiesOf(paths: readonly string[]): Set<string | undefined> {
  return new Set(paths.map((path) => identityOf(statOf(path))))
}

/** A file as it is now. Throws E_INPUT. */
export function listedAt(file: string, path: string): Listed {
  return listed(path, tryStat(file))
}

function listed(path: string, { size, mtimeNs }: BigIntStats): Listed {
  const fraction = String(mtimeNs % 1_000_000_000n).padStart(9, '0')
  const whole = new Date(Number(mtimeNs / 1_000_000_000n) * 1000).toISOString().slice(0, -4)
  return { path, bytes: Number(size), modified: `${whole}${fraction}Z` }
}

/** The name of an input without its compression, and with the extension of the format that is written, if that is known. */
function outputName(path: string, { from, to }: Formats): string {
  const { inner } = compressionOf(path)
  const format = formatOf(inner)
  const target = to ?? from ?? format
  if (target === undefined || target === format) return inner
  const { extensions } = FORMATS[format ?? target]
  const extension = extensions.find((extension) => inner.toLowerCase().endsWith(extension)) ?? ''
  return inner.slice(0, inner.length - extension.length) + FORMATS[target].extensions[0]
}

/** Refuses parts of which two would be written to one file, or one to the folder of another. Throws E_PARTS. */
function requireOwnOutputs(parts: readonly Part[]): void {
  const byName = new Map<string, Part>()
  for (const part of parts) {
    const other = byName.get(part.name)
    if (other) throw clash(other.file, part.file, part.name)
    byName.set(part.name, part)
  }
  for (const { file, name } of parts) {
    for (const folder of foldersOf(name)) {
      const other = byName.get(folder)
      if (other) throw clash(other.file, file, folder)
    }
    if (/^_(SUCCESS|manifest|rejects)/.test(name)) {
      throw new SoftmaxError('E_PARTS', { reason: `${shown(name)} is a name of what is written beside the parts` })
    }
  }
}

function clash(one: string, other: string, name: string): SoftmaxError {
  const reason = `${shown(one)} and ${shown(other)} would both be ${shown(name)} in the output; leave one of them out`
  return new SoftmaxError('E_PARTS', { reason })
}

/** The folders that a name goes through: of `a/b/c` these are `a` and `a/b`. */
export function foldersOf(name: string): string[] {
  return Array.from(name.matchAll(/\//g), ({ index }) => name.slice(0, index))
}
