/** The help: short, full or on a topic. Loaded on demand. */
import { CODES, SoftmaxError } from '../../core/errors.js'
import { GROUPS, OPTIONS, type Option, type Verb } from '../../core/options.js'
import { nearest } from '../../core/suggestion.js'
import type { Paint } from '../colours.js'
import { describeFlags, type FlagText } from '../flags.js'
import { VERBS } from '../verbs.js'
import { EXAMPLES, exampleOf } from './examples.js'
import { codeOf, explain } from './explain.js'
import { entry, paragraph, section, sentence, withDefault } from './layout.js'
import { manPage } from './man.js'
import { SUBJECTS, subjectOn, wordOf } from './subjects.js'
import { COLUMN_TEXTS, FORMAT_TEXTS, TERM_TABLES, termsOn } from './terms.js'
import { STATUSES, VERB_TEXTS } from './verbs.js'

/**
 * The help on topics, each a verb, option, output column, metric, format, error code, subject, `all`, `topics` or
 * `man`; several words may name one topic. Without topics, the short help. Throws E_TOPIC.
 */
export function helpOn(named: readonly string[], paint: Paint, version: string): string {
  if (named.length === 0) return screen(paint)
  const text = textOn(named.join(' '), paint, version)
  return text ?? [...new Set(named.map((topic) => knownText(topic, paint, version)))].join('\n')
}

/** The same if the topic may also be an input, in which case the short help is shown. */
export function helpBeside(topic: string | undefined, paint: Paint, version: string): string {
  return (topic !== undefined && textOn(topic, paint, version)) || screen(paint)
}

function knownText(topic: string, paint: Paint, version: string): string {
  const text = textOn(topic, paint, version)
  if (text !== undefined) return text
  throw new SoftmaxError('E_TOPIC', { topic, near: nearest(topic.replace(/^-+/, ''), Object.values(topics()).flat()) })
}

function textOn(topic: string, paint: Paint, version: string): string | undefined {
  if (topic === 'all') return everything(paint)
  if (topic === 'topics') return topicList(paint)
  if (topic === 'man') return manPage(version)
  if (VERBS.includes(topic as Verb)) return verbHelp(topic as Verb, paint)
  if (topic === 'help' || topic === 'explain') return introduction(topic, paint)
  if (topic === 'score') return scoreHelp(paint)
  if (topic === 'examples') return section(paint, 'Examples', examplesOf(EXAMPLES))
  const word = wordOf(topic)
  const terms = termsOn(topic).map(([heading, text]) => section(paint, heading, paragraph(text, 2)))
  const subject = subjectOn(word)
  const found = [
    ...flagsCalled(topic).map((flag) => optionHelp(flag, paint)),
    ...terms,
    ...(subject ? [section(paint, ...subject)] : []),
  ]
  if (flagsCalled(topic).length === 0) found.push(...flagsAbout(word, terms.length > 0, paint))
  return found.join('\n') || (codeOf(topic) && explain(topic, paint))
}

/** The options under a heading, plus those known by that name in other programs if the word is not a name here. */
function flagsAbout(word: string, isName: boolean, paint: Paint): string[] {
  const elsewhere = describeFlags().filter((flag) => !isName && isCalledElsewhere(flag, word))
  const listed = describeFlags().filter(({ group }) => group.toLowerCase().replace(' ', '-') === word)
  return [...elsewhere.map((flag) => optionHelp(flag, paint)), ...grouped(listed, paint, (flag) => flagEntry(flag, 26))]
}

/** Whether other programs use this word for a flag's option and value. */
function isCalledElsewhere({ option, names }: FlagText, word: string): boolean {
  const { aliases = '', flags } = (OPTIONS as Record<string, Option<unknown>>)[option]!
  return aliases.split(' ').some((alias) => {
    const [name, value] = alias.split('=')
    const flag = flags?.find(({ sets }) => sets === value)
    return name === word && (flag === undefined || names.includes(flag.name))
  })
}

/** The available topics. */
function topics(): Record<string, string[]> {
  return {
    Help: ['all', 'topics', 'man', 'help', 'explain', 'examples', 'score', ...VERBS],
    Subjects: Object.keys(SUBJECTS),
    Options: describeFlags().flatMap(({ names }) => names),
    ...Object.fromEntries(TERM_TABLES.map(({ heading, texts }) => [heading, Object.keys(texts)])),
    Errors: Object.keys(CODES),
  }
}

function topicList(paint: Paint): string {
  const sections = Object.entries(topics()).map(([heading, names]) =>
    section(paint, heading, paragraph(names.join(', '), 2)),
  )
  return sections.join('\n')
}

/** The short help: the most common options on one screen. */
function screen(paint: Paint): string {
  const usage = ['score', ...VERBS].map((verb) => VERB_TEXTS[verb as Verb].usage)
  const examples = EXAMPLES.filter(({ isFirst }) => isFirst).map(({ line }) => `  ${line}\n`)
  const flags = describeFlags().flatMap((flag) => (flag.brief === undefined ? [] : [{ ...flag, help: flag.brief }]))
  const options = grouped(flags, paint, ({ short, briefName, help }) =>
    entry(lead({ short, name: briefName }), help, 28),
  )
  return [
    `${paint('heading', 'Usage:')} ${usage.join('\n       ')}\n`,
    section(paint, 'Examples', examples.join('')),
    options.join(''),
    `Defaults are in brackets. More: softmax help all, help --emit, help evaluate,
help topics, explain E_CELL. Exit status: 0 success, 1 bad data, 2 usage error,
3 input or output failed, 70 internal error, 128+n killed by signal n.\n`,
  ].join('\n')
}

/** All verbs, options and examples. */
function everything(paint: Paint): string {
  const verbs = Object.values(VERB_TEXTS).map(({ usage, does }) => `  ${usage}\n${paragraph(does, 6)}`)
  const options = grouped(describeFlags(), paint, (flag) => flagEntry(flag, 26))
  const statuses = STATUSES.map(([status, meaning]) => entry(`  ${status}`, meaning, 10))
  return [
    section(paint, 'Usage', verbs.join('')),
    section(paint, 'Examples', examplesOf(EXAMPLES)),
    paragraph('softmax help OPTION has the details of an option, as in softmax help --emit.'),
    ...options,
    section(paint, 'Exit status', statuses.join('')),
  ].join('\n')
}

/** The usage and the description of a verb. */
function introduction(verb: keyof typeof VERB_TEXTS, paint: Paint): string {
  return `${usageOf(verb, paint)}\n${paragraph(VERB_TEXTS[verb].does)}`
}

/** The help on scoring, whose options are most of the full help. */
function scoreHelp(paint: Paint): string {
  return [
    introduction('score', paint),
    section(paint, 'Examples', examplesOf(EXAMPLES.filter(({ verb }) => verb === undefined))),
    paragraph('Options: softmax --help lists the common ones, softmax help all all of them.'),
  ].join('\n')
}

function verbHelp(verb: Verb, paint: Paint): string {
  const listed = describeFlags().filter(({ only, verbs }) => only === verb || verbs.includes(verb))
  const options = listed.map((flag) => flagEntry(flagOf(verb, flag), 26))
  const examples = EXAMPLES.filter((example) => example.verb === verb)
  return [
    introduction(verb, paint),
    section(paint, 'Examples', examplesOf(examples)),
    section(paint, 'Options', options.join('')),
    paragraph('For the details of an option: softmax help --truth. More input options: softmax help all.'),
  ].join('\n')
}

/** A flag as the help of a verb describes it. */
function flagOf(verb: Verb, flag: FlagText): FlagText {
  const { helpOf, help, defaultOf, fallbackText } = flag
  return { ...flag, help: helpOf[verb] ?? help, fallbackText: defaultOf[verb] ?? fallbackText }
}

function usageOf(verb: keyof typeof VERB_TEXTS, paint: Paint): string {
  return `${paint('heading', 'Usage:')} ${VERB_TEXTS[verb].usage}\n`
}

/** The flags of an option, by its long or short name, with or without dashes, or by its API name. */
function flagsCalled(topic: string): FlagText[] {
  const name = topic.replace(/^-+/, '')
  return describeFlags().filter(
    ({ names, short, option }) =>
      names.includes(name) || name === option || name === short || names[0] === `no-${name}`,
  )
}

function optionHelp(flag: FlagText, paint: Paint): string {
  const { help, details, scopes, option } = flag
  const facts = [expectedOf(flag), defaultOf(flag), ...(scopes.length > 1 ? [`In the API: ${option}.`] : [])]
  const example = exampleOf(flag)
  return section(
    paint,
    lead(flag).trim(),
    [
      paragraph(sentence(help), 2),
      ...(details ? [paragraph(details, 2)] : []),
      ...(example === undefined ? [] : [`${example.replace(/^/gm, '    ')}\n`]),
      paragraph(facts.filter(Boolean).join(' '), 2),
      ...valuesOf(flag),
    ].join('\n'),
  )
}

/** Explains the values of an option if their names are not self-explanatory. */
function valuesOf({ values }: FlagText): string[] {
  const texts = [COLUMN_TEXTS, FORMAT_TEXTS].find((texts) => values.length > 0 && values.every((name) => name in texts))
  return texts
    ? [
        Object.entries(texts)
          .map(([name, text]) => entry(`  ${name}`, text, 16))
          .join(''),
      ]
    : []
}

/** What a value may be, if its placeholder is only a letter, such as N or I/N. */
function expectedOf({ placeholder = '', expected }: FlagText): string {
  return /^[A-Z](?:\/[A-Z])?$/.test(placeholder) ? `Value: ${expected}.` : ''
}

function defaultOf({ fallbackText }: FlagText): string {
  if (!fallbackText) return 'Default: off.'
  return `Default: ${fallbackText}${fallbackText.endsWith('.') ? '' : '.'}`
}

function examplesOf(examples: readonly { does: string; line: string }[]): string {
  return examples.map(({ does, line }) => `${paragraph(does, 2)}${line.replace(/^/gm, '    ')}\n`).join('')
}

/** Flags under the headings of their groups. */
function grouped<F extends FlagText>(flags: readonly F[], paint: Paint, text: (flag: F) => string): string[] {
  return GROUPS.flatMap((group) => {
    const inGroup = flags.filter((flag) => flag.group === group)
    return inGroup.length === 0 ? [] : [section(paint, group, inGroup.map(text).join(''))]
  })
}

/** `  -o, --output FILE` */
function lead({ short, name }: Pick<FlagText, 'short' | 'name'>): string {
  return `  ${short ? `-${short}, ` : '    '}--${name}`
}

function flagEntry(flag: FlagText, indent: number): string {
  return entry(lead(flag), withDefault(flag.help, flag.fallbackText), indent)
}
