/** What a run from parts to parts would do. */
import { join } from 'node:path'
import { printable } from '../../core/errors.js'
import type { Plan } from './plan.js'

/** How many parts are listed. */
const LISTED = 3

/** How many parts there are, how many of them would be looked at only, and what the first would be called. */
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
