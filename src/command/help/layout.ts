/** Text in the columns of a terminal: 80, as manuals have them. */
import type { Paint } from '../colours.js'

const WIDTH = 80

/** Words in lines of at most `width` characters. */
export function wrap(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + word.length + 1 > width && lines.at(-1) !== '') lines.push('')
    lines[lines.length - 1] += (lines.at(-1) === '' ? '' : ' ') + word
  }
  return lines
}

/** A paragraph, every line of it indented. */
export function paragraph(text: string, indent = 0): string {
  const lines = wrap(text, WIDTH - indent)
  return lines.map((line) => `${' '.repeat(indent)}${line}\n`).join('')
}

/** What something is called, and behind it, from a column on, what it is; below it where its name is too long. */
export function entry(name: string, text: string, indent: number): string {
  const lines = wrap(text, WIDTH - indent)
  if (name.length > indent - 2) lines.unshift('')
  return lines.map((line, index) => `${`${(index === 0 ? name : '').padEnd(indent)}${line}`.trimEnd()}\n`).join('')
}

/** A heading with what stands below it. */
export function section(paint: Paint, heading: string, body: string): string {
  return `${paint('heading', heading)}\n${body}`
}
