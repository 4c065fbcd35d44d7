/**
 * Generates the option interfaces of the API from `OPTIONS`, because editors show the documentation only of declared
 * properties. `UPDATE=1 npx vitest run test/api-types.test.ts` writes the file.
 */
import { describeFlags } from '../dist/command/flags.js'
import { OPTIONS, type Option } from '../dist/core/options.js'

/** What takes options in the API, with a description. */
const DOORS = {
  bytes: ['ScoreOptions', 'Options of {@link score} and {@link scoreFiles}; all have defaults.'],
  objects: [
    'SoftmaxOptions',
    'Options of {@link softmax}, {@link logSoftmax}, {@link sigmoid} and {@link logSigmoid}; all have defaults.',
  ],
  matrix: ['MatrixOptions', 'Options of {@link softmaxMatrix}; all have defaults.'],
  read: ['ReadOptions', 'Options of {@link read}; all have defaults.'],
  write: ['WriteOptions', 'Options of {@link write}; all have defaults.'],
} as const

type Door = keyof typeof DOORS

const entries = Object.entries(OPTIONS as Record<string, Option<unknown>>)
const flags = new Map(describeFlags().map((flag) => [flag.option, flag]))

/** The text of the file. */
export function optionInterfaces(): string {
  const groups = new Map<string, string[]>()
  for (const [name, { scopes }] of entries) {
    const doors = (Object.keys(DOORS) as Door[]).filter((door) => scopes.includes(door)).join()
    if (doors !== '') groups.set(doors, [...(groups.get(doors) ?? []), name])
  }
  const shared = [...groups].map(
    ([doors, names]) => `interface ${groupName(doors)} {\n${names.map(property).join('\n')}\n}\n`,
  )
  const public_ = Object.entries(DOORS).map(([door, [name, text]]) => {
    const parents = [...groups.keys()].filter((doors) => doors.split(',').includes(door)).map(groupName)
    const line = `export interface ${name} extends ${parents.join(', ')} {}`
    const lines = `export interface ${name}\n  extends ${parents.join(',\n    ')} {}`
    return `/** ${text} */\n${line.length <= 120 ? line : lines}\n`
  })
  return `${HEAD}\n${[...shared, ...public_].join('\n')}`
}

const HEAD = `/** The options of the API, documented one by one. Written from \`OPTIONS\` by \`test/option-interfaces.ts\`. */
import type { ValueOf } from '../core/options.js'
`

/** `ForBytesAndRead`. */
function groupName(doors: string): string {
  return `For${doors
    .split(',')
    .map((door) => door[0]!.toUpperCase() + door.slice(1))
    .join('')}`
}

function property(name: string): string {
  return `${comment(docOf(name))}\n  ${name}?: ValueOf<'${name}'> | undefined`
}

/** The documentation of an option in API terms; for a flag that is on by default, the effect of false. */
function docOf(name: string): string {
  const { defaultText, default: value, ...entry } = (OPTIONS as Record<string, Option<unknown>>)[name]!
  const { help, details } = { ...entry, ...entry.doc }
  const isNegated = flags.get(name)?.names.join() === `no-${flags.get(name)?.name.replace('no-', '')}`
  const shown = defaultText ?? (typeof value === 'string' ? `'${value}'` : value)
  const text = `${isNegated && help === entry.help ? '`false`: ' : ''}${help}${shown === undefined ? '' : ` [default: ${shown}]`}`
  const all = `${text[0]!.toUpperCase()}${text.slice(1)}.${details === undefined ? '' : ` ${details}`}`
  return all.replace(/--([a-z-]+)/g, (_, flag: string) => propertyOf(flag))
}

function propertyOf(flag: string): string {
  // A file in the command, a function in the API.
  if (flag === 'rejects') return '`onReject`'
  // An option in the command, the value of another one or a function in the API.
  if (flag === 'sigmoid') return 'the sigmoid'
  return `\`${flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())}\``
}

/** A comment in lines of at most 120 characters. */
function comment(text: string): string {
  if (text.length <= 110) return `  /** ${text} */`
  const lines = ['']
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + word.length > 110) lines.push('')
    lines[lines.length - 1] += `${lines.at(-1) === '' ? '' : ' '}${word}`
  }
  return ['  /**', ...lines.map((line) => `   * ${line}`), '   */'].join('\n')
}
