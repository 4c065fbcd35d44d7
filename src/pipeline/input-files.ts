/** A directory as an input: the part files that a job wrote there. */
import { type Dirent, readdirSync, statSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { plural, SoftmaxError, shown, systemReason } from '../core/errors.js'
import { optionText, shellFolder, speaking } from '../core/option-words.js'
import { formatOf } from '../formats/index.js'
import { compressionOf } from '../io/compression.js'

/**
 * The files that a path refers to: the parts in a directory, ordered by the bytes of their names, otherwise the path
 * itself. A directory without parts is returned as is and reported when it is opened. `warn` gets what is left out.
 *
 * @throws E_PARTS if parts are in subdirectories (their rows would be missed); E_INPUT if the directory cannot be read
 */
export function partsOf(path: string, { verb, output }: Purpose = {}, warn: Warn = () => {}): string[] {
  // Only directories are opened here: a pipe can be opened only once.
  if (!isDirectory(path)) return [path]
  const inside = folderOfParts(path)
  if (inside === undefined) return directParts(path, warn)
  const remedy =
    verb === undefined ? `to write one output, ${EACH_FOLDER}${eachPart(output)}` : eachFolder(path, inside, verb)
  throw new SoftmaxError('E_PARTS', { source: path, reason: `there are parts in ${shown(inside)}; ${remedy}` })
}

type Warn = (text: string, source: string) => void

/** What the command reads its inputs for: a verb has one output, others may have a folder instead. */
interface Purpose {
  verb?: string | undefined
  output?: string | undefined
}

const EACH_FOLDER = 'name each folder as an input'

/** The command line that names all folders at the depth of one of them. */
function eachFolder(path: string, inside: string, verb: string): string {
  const globs = '*/'.repeat(relative(path, inside).split(sep).length)
  return `${EACH_FOLDER}: softmax ${verb} ${shellFolder(path)}${globs}`
}

/** How the command writes an output for each part: into a folder with the name of the output, and in its format. */
function eachPart(output = 'out'): string {
  if (speaking() !== 'command') return ''
  const format = formatOf(output)
  const folder = shellFolder(format ? withoutExtension(output) : output)
  const to = format ? ` ${optionText('to', format)}` : ''
  return `; to score each part separately, use ${optionText('output')} ${folder}${to}`
}

function withoutExtension(path: string): string {
  const { inner } = compressionOf(path)
  return inner.slice(0, inner.length - extname(inner).length)
}

function directParts(folder: string, warn: Warn): string[] {
  const names = entriesOf(folder).map(({ name }) => name)
  const leftovers = names.filter(isLeftover).sort()
  if (leftovers.length > 0) warn(leftoversText(leftovers), folder)
  const parts = names.filter((name) => isPart(name) && !isDirectory(join(folder, name)))
  const inOrder = parts.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return inOrder.length > 0 ? inOrder.map((name) => join(folder, name)) : [folder]
}

/** The first subdirectory, at any depth, that has parts. Symbolic links are not followed, as they may form a cycle. */
function folderOfParts(path: string): string | undefined {
  for (const entry of entriesOf(path)) {
    if (!entry.isDirectory() || /^[._]/.test(entry.name)) continue
    const folder = join(path, entry.name)
    if (entriesOf(folder).some((inner) => inner.isFile() && isPart(inner.name))) return folder
    const deeper = folderOfParts(folder)
    if (deeper !== undefined) return deeper
  }
  return undefined
}

/** False if stat fails: that error is reported when the path is opened. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** The entries of a directory. An unreadable directory is an error, since it may have parts. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (cause) {
    throw new SoftmaxError('E_INPUT', { source: folder, reason: systemReason(cause) }, { cause })
  }
}

/** The reason given for a directory without parts. */
export function noParts(): string {
  const others = `name other files themselves, and their format with ${optionText('from')}`
  return `it is a folder without parts: files named part-*, or with the extension of a format, such as a.csv; ${others}`
}

/** Decided by name: Spark and Hadoop give parts no extension, and prefix marker and checksum files with _ or a dot. */
export function isPart(name: string): boolean {
  return (/^part[-_.]/.test(name) && !LEFTOVER.test(name)) || (/^[^._]/.test(name) && formatOf(name) !== undefined)
}

/** Whether a file is not taken for a part only because of the end of its name. */
export function isLeftover(name: string): boolean {
  return /^part[-_.]/.test(name) && !isPart(name)
}

/** Names of files that are still written or copied, of backups and of checksums. */
const LEFTOVER =
  /(?:~|\.(?:te?mp|partial|pending|inprogress(?:\.[^.]+)?|_COPYING_|crdownload|download|filepart|\w+\.part|lock|bak|backup|orig|old|save|swp|swo|crc(?:32c?)?|md5|sha\d*))$/i

/** `"part-0.csv.tmp" and 2 other files are left out`, and why. */
export function leftoversText([first, ...more]: readonly string[]): string {
  const files = `${shown(first!)}${more.length === 0 ? ' is' : ` and ${plural(more.length, 'other file')} are`}`
  const name = more.length === 0 ? 'its name ends' : 'their names end'
  return `${files} left out, as ${name} like that of a temporary file, a backup or a checksum; to read such a file, name it as an input`
}
