/** `softmax explain E_CELL`: what causes an error, an example, and how to fix it. */
import { CODES, type Code, SoftmaxError } from '../../core/errors.js'
import { nearest } from '../../core/suggestion.js'
import type { Paint } from '../colours.js'
import { EXPLANATIONS } from './explanations.js'
import { entry, paragraph, section, wrap } from './layout.js'
import { subjectOn, wordOf } from './subjects.js'

/** Explains a code or a subject, such as exit-status, or lists all codes. Throws E_TOPIC for an unknown one. */
export function explain(text: string | undefined, paint: Paint): string {
  if (text === undefined) return list(paint)
  const code = codeOf(text)
  if (code) return explanation(code, paint)
  const subject = subjectOn(wordOf(text))
  if (subject) return section(paint, ...subject)
  throw new SoftmaxError('E_TOPIC', { topic: text, near: nearest(text.toUpperCase(), Object.keys(CODES)) })
}

/** The code in a text, ignoring case and with or without `E_`. */
export function codeOf(text: string): Code | undefined {
  const upper = text.toUpperCase()
  return Object.keys(CODES).find((code): code is Code => code === upper || code === `E_${upper}`)
}

function explanation(code: Code, paint: Paint): string {
  const { is, cause, example, says, fix, commands } = EXPLANATIONS[code]
  const transcript = `${indented(example)}  ${wrap(says, 78).join('\n  ')}\n`
  return [
    paragraph(`${code}: ${is} Exit status ${CODES[code].status}.`).replace(code, paint('heading', code)),
    section(paint, 'Cause', paragraph(cause, 2)),
    section(paint, 'Example', transcript),
    section(paint, 'Fix', `${paragraph(fix, 2)}${commands === undefined ? '' : `\n${indented(commands)}`}`),
  ].join('\n')
}

/** Shell commands, each after a prompt; a script is left as is. */
function indented(example: string): string {
  const isScript = example.startsWith('import ')
  let command = ''
  const lines = example.split('\n').map((line) => {
    const prompt = command === '' && !isScript ? '$ ' : ''
    command += `${line}\n`
    if (isComplete(command)) command = ''
    return `  ${prompt}${line}\n`
  })
  return lines.join('')
}

/** Whether a command is complete after its last line: not within quotes, a loop or a pipe. */
function isComplete(command: string): boolean {
  const bare = command.replace(/'[^']*'|"(?:\\.|[^"\\])*"/g, '')
  return !/['"]|[\\|]\n$/.test(bare) && (!bare.startsWith('for ') || bare.endsWith('done\n'))
}

function list(paint: Paint): string {
  const width = Math.max(...Object.keys(CODES).map((code) => code.length)) + 2
  const lines = Object.entries(EXPLANATIONS).map(([code, { is }]) => entry(`  ${code}`, is, width + 2))
  return `${section(paint, 'Errors', lines.join(''))}\nRun softmax explain CODE for the cause, an example and the fix.\n`
}
