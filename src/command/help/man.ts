/** Generates the manual page, in man(7) macros, from the tables behind the help. */
import { CODES, type Code } from '../../core/errors.js'
import { GROUPS } from '../../core/options.js'
import { describeFlags, type FlagText } from '../flags.js'
import { EXAMPLES } from './examples.js'
import { EXPLANATIONS } from './explanations.js'
import { sentence, withDefault, wrap } from './layout.js'
import { ENVIRONMENT } from './subjects.js'
import { STATUSES, VERB_TEXTS } from './verbs.js'

/** The release date of the version, as in the changelog. */
const RELEASED = '2026-11-28'

/** The page in roff. */
export function manPage(version: string): string {
  const verbs = Object.values(VERB_TEXTS)
  return [
    `.TH SOFTMAX 1 ${RELEASED} "softmax-stream ${version}" "User Commands"`,
    heading('name', ['softmax \\- compute class probabilities and labels from rows of logits']),
    heading(
      'synopsis',
      verbs
        .map(({ usage }) => synopsis(usage))
        .flatMap((line) => [line, '.br'])
        .slice(0, -1),
    ),
    heading(
      'description',
      verbs.flatMap(({ usage, does }, index) => verbText(usage, does, index)),
    ),
    heading('options', GROUPS.flatMap(group)),
    heading(
      'exit status',
      STATUSES.flatMap(([status, meaning]) => tagged(bold(status), meaning)),
    ),
    heading(
      'errors',
      Object.entries(EXPLANATIONS).flatMap(([code, { is }]) => tagged(bold(code), statusOf(code, is))),
    ),
    heading(
      'environment',
      ENVIRONMENT.flatMap(([name, meaning]) => tagged(bold(name), meaning)),
    ),
    heading('examples', EXAMPLES.flatMap(example).slice(1)),
    heading('see also', ['.BR gzip (1),', '.BR jq (1)']),
  ].join('\n')
}

function heading(name: string, lines: readonly string[]): string {
  return [`.SH ${name.toUpperCase()}`, ...lines, ''].join('\n').trimEnd()
}

/** Describes each verb; the default action comes first, without a tag. */
function verbText(usage: string, does: string, index: number): string[] {
  return index === 0 ? roffLines(does) : tagged(bold(usage.split(' ').slice(0, 2).join(' ')), does)
}

function synopsis(usage: string): string {
  const [, words = '', rest = ''] = /^(softmax(?: [a-z]+)?)(.*)$/.exec(usage) ?? []
  return `${bold(words)}${roff(rest)}`
}

function group(name: (typeof GROUPS)[number]): string[] {
  const flags = describeFlags().filter((flag) => flag.group === name)
  return [`.SS ${name}`, ...flags.flatMap(flagText)]
}

function flagText(flag: FlagText): string[] {
  const { short, name, placeholder } = flag
  const long = placeholder === undefined ? name : name.slice(0, -placeholder.length - 1)
  const value = placeholder === undefined ? '' : ` \\fI${roff(placeholder)}\\fR`
  return tagged(`${short ? `${bold(`-${short}`)}, ` : ''}${bold(`--${long}`)}${value}`, meaning(flag))
}

/** What a flag does, with the names of its values if its placeholder does not list them. */
function meaning({ placeholder, values, help, details, fallbackText }: FlagText): string {
  const isNamed = values.every((value) => placeholder?.split('|').includes(value))
  const names = isNamed ? [] : [`Values: ${values.join(', ')}.`]
  return [sentence(withDefault(help, fallbackText)), ...(details ? [details] : []), ...names].join(' ')
}

function statusOf(code: string, is: string): string {
  return `${is} Exit status ${CODES[code as Code].status}.`
}

function example({ does, line }: (typeof EXAMPLES)[number]): string[] {
  return ['.PP', ...roffLines(does), '.PP', '.RS 4', '.nf', ...line.split('\n').map(roff), '.fi', '.RE']
}

function tagged(tag: string, text: string): string[] {
  return ['.TP', tag, ...roffLines(text)]
}

function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`
}

/** Breaks text into short lines. */
function roffLines(text: string): string[] {
  return wrap(text, LONGEST).map(roff)
}

/** The maximum line length, before escapes. */
const LONGEST = 66

/** Escapes text for roff: hyphens, backslashes, and control characters at the start of a line. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replaceAll('"', '\\(dq')
    .replace(/^\./, '\\&.')
}
