/** Lays out text in 80 columns, the usual width of manuals. */
import type { Paint } from '../colours.js'

const WIDTH = 80

/** Breaks text into lines of at most `width` characters. */
export function wrap(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + word.length + 1 > width && lines.at(-1) !== '') lines.push('')
    lines[lines.length - 1] += (lines.at(-1) === '' ? '' : ' ') + word
  }
  return lines
}

/** An indented paragraph. */
export function paragraph(text: string, indent = 0): string {
  const lines = wrap(text, WIDTH - indent)
  return lines.map((line) => `${' '.repeat(indent)}${line}\n`).join('')
}

/** A name with its description in a second column; below the name if that is too long. */
export function entry(name: string, text: string, indent: number): string {
  const lines = wrap(text, WIDTH - indent)
  if (name.length > indent - 2) lines.unshift('')
  return lines.map((line, index) => `${`${(index === 0 ? name : '').padEnd(indent)}${line}`.trimEnd()}\n`).join('')
}

/** A heading with its section. */
export function section(paint: Paint, heading: string, body: string): string {
  return `${paint('heading', heading)}\n${body}`
}

/** The help of an option, with its default in brackets, or that it is required. */
export function withDefault(help: string, fallbackText: string): string {
  if (!fallbackText) return help
  return `${help} [${fallbackText.startsWith('required') ? '' : 'default: '}${fallbackText}]`
}

/** The help of an option as a sentence; the name of the command stays as it is. */
export function sentence(help: string): string {
  if (help.startsWith('softmax ')) return `${help}.`
  return `${help[0]!.toUpperCase()}${help.slice(1)}.`
}
