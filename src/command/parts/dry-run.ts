/** Dry run from a directory to a directory. */
import { join } from 'node:path'
import { printable } from '../../core/errors.js'
import type { Plan } from './plan.js'

/** The number of parts to list. */
const LISTED = 3

/** The number of parts, how many of them would only be verified, and the names of the first ones. */
export function partsText({ parts, mine, share, folder, before }: Plan): string {
  const bytes = mine.reduce((sum, { input }) => sum + input.bytes, 0)
  const done = mine.filter(({ name }) => before.has(name)).length
  const counts = [
    share ? `${mine.length} of ${parts.length}, share ${share.index}/${share.count}` : `${mine.length}`,
    `${bytes} bytes`,
    ...(done > 0 ? [`${done} in the manifest`] : []),
  ]
  const names = mine.slice(0, LISTED).map(({ file, name }) => `${file} -> ${join(folder, name)}`)
  const lines = [`parts:   ${counts.join(', ')}`, ...names.map((line) => `         ${line}`)]
  return lines.map((line) => `${printable(line)}\n`).join('')
}
