/**
 * Every option. The TypeScript types, the validation of the API, the command's flags and help, and the README's table
 * are all derived from {@link OPTIONS}; to add an option, add an entry.
 */

import { readFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { type Applied, readCalibration } from './calibration.js'
import { encodingNamed } from './encoding.js'
import { SoftmaxError, systemReason } from './errors.js'
import {
  delimiterOf,
  FORMAT_NAMES,
  type FormatName,
  formatOfExtension,
  holdsArrays,
  isArray,
  isText,
} from './formats.js'
import { namesOfPipe, pairNames } from './labels.js'
import { kebab, optionText, speaking } from './option-words.js'
import { type EmitList, type Emitted, OUTPUT_COLUMNS, type OutputColumn } from './output-columns.js'
import { isReader } from './reader-streams.js'
import type { RejectHandler } from './reject.js'
import { areTypes, itemsOf, nearTypes, REQUESTED_NAMES, type Types } from './requested-types.js'
import { nearest } from './suggestion.js'

/** A kind of value: its notation on the command line, its description in messages, and its validation. */
interface Kind<T> {
  /**
   * The placeholder in the help; a flag without one takes no value. If it is long, the short help uses a word for it.
   */
  placeholder?: string
  word?: string
  /** The accepted values, if they are few; `listed` splits several that are combined with commas. */
  values?: readonly string[]
  listed?(value: unknown): readonly unknown[]
  /** The value with another name, such as a format by its extension. */
  named?(name: string): string | undefined
  /** The value that was probably meant by an invalid one; by default the most similar of `values`. */
  near?(value: unknown): string | undefined
  expected: string
  read(text: string): unknown
  accepts(value: unknown): value is T
  /** The value that a name refers to. */
  resolve?(value: T): T
}

const flag: Kind<boolean> = {
  expected: 'true or false',
  read: Boolean,
  accepts: (value) => typeof value === 'boolean',
}

const text = (placeholder: string): Kind<string> => ({
  placeholder,
  expected: 'text',
  read: (text) => text,
  accepts: (value): value is string => typeof value === 'string' && value !== '',
})

const choice = <const T extends string>(...names: T[]): Kind<T> => ({
  placeholder: names.join('|'),
  values: names,
  expected: names.join(' or '),
  read: (text) => text,
  accepts: (value): value is T => names.includes(value as T),
})

const shareOfAll: Kind<string> = {
  placeholder: 'I/N',
  expected: 'I/N, such as 2/8: share I of N, with I from 1 to N',
  read: (text) => text,
  accepts: (value): value is string => {
    const [, index, count] = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(String(value)) ?? []
    return typeof value === 'string' && Number(index) <= Number(count)
  },
}

/** Formats are often called by another extension of theirs. */
const format: Kind<FormatName> = {
  ...choice(...FORMAT_NAMES),
  word: 'FORMAT',
  named: formatOfExtension,
  expected: `${FORMAT_NAMES.join(' or ')} (JSON lines are ndjson)`,
}

const integer = (placeholder: string, least: number, most: number, expected?: string): Kind<number> => ({
  placeholder,
  expected: expected ?? (most === Infinity ? `an integer from ${least}` : `an integer from ${least} to ${most}`),
  read: (text) => (/^\d+$/.test(text) ? Number(text) : text),
  accepts: (value): value is number => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
})

const axisNumber: Kind<number> = {
  placeholder: 'N',
  expected: 'an integer, below 0 to count from the end',
  read: (text) => (/^[+-]?\d+$/.test(text) ? Number(text) : text),
  accepts: (value): value is number => Number.isSafeInteger(value),
}

const positive = (placeholder: string): Kind<number> => ({
  placeholder,
  expected: 'a number above 0',
  read: (text) => (text.trim() === '' ? text : Number(text)),
  accepts: (value): value is number => typeof value === 'number' && value > 0 && value < Infinity,
})

const probability: Kind<number> = {
  placeholder: 'P',
  expected: 'a probability from 0 to 1',
  read: (text) => (text.trim() === '' ? text : Number(text)),
  accepts: isProbability,
}

/** The two classes of rows with one logit. */
const classPair: Kind<string | readonly [string, string]> = {
  placeholder: 'NEGATIVE,POSITIVE',
  word: 'NO,YES',
  expected: 'the names of two classes, the negative one first; as a JSON array if one has a comma',
  read: (text) => text,
  accepts: (value): value is string | readonly [string, string] => {
    if (typeof value !== 'string' && !Array.isArray(value)) return false
    const names: unknown[] = pairNames(value)
    if (names.length !== 2 || names[0] === names[1]) return false
    return Array.from(names).every((name) => typeof name === 'string' && name !== '')
  },
}

/** The threshold for labels: a probability, or one for each of some classes, or for all in class order. */
type Threshold = number | readonly number[] | Readonly<Record<string, number>>

const threshold: Kind<Threshold> = {
  placeholder: 'P|@FILE',
  get expected() {
    return speaking() === 'command'
      ? 'a number from 0 to 1, a JSON object such as {"cat":0.3}, with each class once, a JSON array in class order, or @FILE containing one of these'
      : 'a number from 0 to 1, an object such as { cat: 0.3 }, or an array in class order'
  },
  read: (text) => thresholdOf(text.startsWith('@') ? readText(text.slice(1)) : text),
  accepts: (value): value is Threshold =>
    isProbability(value) ||
    (typeof value === 'object' &&
      value !== null &&
      hasProbabilities(Array.isArray(value) ? Array.from(value) : Object.values(value))),
}

function thresholdOf(text: string): unknown {
  return /^\s*[{[]/.test(text) ? numbersOf(text) : text.trim() === '' ? text : Number(text)
}

/** Throws E_INPUT. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '')
  } catch (cause) {
    throw new SoftmaxError('E_INPUT', { source: path, reason: systemReason(cause) }, { cause })
  }
}

function isProbability(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1
}

function hasProbabilities(values: readonly unknown[]): boolean {
  return values.length > 0 && values.every(isProbability)
}

/** A JSON array or object; the text itself if it is neither, or if it has duplicate keys. */
function numbersOf(text: string): unknown {
  try {
    const value: object = JSON.parse(text)
    if (Array.isArray(value)) return value
    const names = text.match(/"(?:[^"\\]|\\.)*"\s*:/g) ?? []
    return names.length === Object.keys(value).length ? value : text
  } catch {
    return text
  }
}

const share: Kind<number> = {
  placeholder: 'P',
  expected: 'a number above 0 and below 1',
  read: (text) => (text.trim() === '' ? text : Number(text)),
  accepts: (value): value is number => typeof value === 'number' && value > 0 && value < 1,
}

const calibrationGiven: Kind<string | Applied> = {
  placeholder: 'FILE',
  get expected() {
    return speaking() === 'command' ? 'the name of a file' : 'the name of a file, or the result of calibrate()'
  },
  read: (text) => text,
  accepts: (value): value is string | Applied =>
    (typeof value === 'string' && value !== '') || (typeof value === 'object' && value !== null),
  resolve: readCalibration,
}

const byte = (placeholder: string): Kind<string> => ({
  placeholder,
  expected: 'one ASCII character (no letter, digit, sign, point or newline)',
  read: (text) => text,
  accepts: (value): value is string => typeof value === 'string' && /^[^\x80-\u{10ffff}\w+\-.\r\n]$/u.test(value),
})

/** The delimiter for runs of blanks; and the keyword for no quotes. */
export const WHITESPACE = 'whitespace'
export const NO_QUOTE = 'none'

const quoteMark: Kind<string> = {
  ...byte('C|none'),
  expected: 'none or one ASCII character (no letter, digit, sign, point or newline)',
  accepts: (value): value is string => value === NO_QUOTE || byte('C').accepts(value),
}

const separator: Kind<string> = {
  placeholder: 'C',
  expected: 'characters that do not occur in numbers, such as , ; | tab, \\t or \\x01, or whitespace',
  read: (text) =>
    DELIMITERS[text.toLowerCase()] ?? text.replace(/\\(?:t|x([\da-f]{2})|u([\da-f]{4})|([0-3][0-7]{2}))/gi, unescaped),
  accepts: (value): value is string =>
    value === WHITESPACE || (typeof value === 'string' && /^[^\p{L}\p{N}_+\-."\r\n]+$/u.test(value)),
}

/** A delimiter that can be written between cells: runs of blanks would lose empty ones. */
const writtenSeparator: Kind<string> = {
  ...separator,
  expected: 'characters that do not occur in numbers, such as , ; | tab, \\t or \\x01',
  accepts: (value): value is string => value !== WHITESPACE && separator.accepts(value),
}

const encodingName: Kind<string> = {
  placeholder: 'NAME',
  expected:
    'an encoding, such as utf-8, utf-16le, latin1 or windows-1252 (convert utf-32 first, for example with iconv)',
  read: (text) => text,
  accepts: (value): value is string => typeof value === 'string' && encodingNamed(value) !== undefined,
}

/** Named delimiters: some are hard to type in a shell. */
const DELIMITERS: Readonly<Record<string, string>> = {
  tab: '\t',
  comma: ',',
  semicolon: ';',
  colon: ':',
  pipe: '|',
  space: ' ',
}

/** `\t`, `\x01`, `\u0001` and `\001`, as in Hive and shells. */
function unescaped(_: string, hex = '', unicode = '', octal = ''): string {
  if (hex || unicode) return String.fromCodePoint(Number.parseInt(hex || unicode, 16))
  return octal ? String.fromCodePoint(Number.parseInt(octal, 8)) : '\t'
}

const list = (placeholder: string, expected: string): Kind<string | readonly string[]> => ({
  placeholder,
  expected,
  read: (text) => text,
  accepts: (value): value is string | readonly string[] =>
    (typeof value === 'string' && value !== '') ||
    (Array.isArray(value) && value.length > 0 && Array.from(value).every((item) => typeof item === 'string')),
})

const sourceNames: Kind<string | readonly string[]> = {
  ...list('NAME', 'a name, or a list of one for each stream'),
  accepts: (value): value is string | readonly string[] =>
    list('NAME', '').accepts(value) && ![value].flat().includes(''),
}

const columnList = list('SELECTOR', 'column names, positions or patterns, as text')

/** All or no columns, or those of a selector. */
const keptColumns: Kind<boolean | string | readonly string[]> = {
  ...columnList,
  get expected() {
    return speaking() === 'command' ? columnList.expected : `true, false, or ${columnList.expected}`
  },
  accepts: (value) => typeof value === 'boolean' || columnList.accepts(value),
}

/** The default of `emit`: callers detect it by identity. */
const EMITTED: readonly Emitted[] = ['probs', 'label']

const emitted: Kind<EmitList | readonly Emitted[]> = {
  placeholder: 'LIST',
  values: OUTPUT_COLUMNS,
  listed: entriesOf,
  expected: `a list of ${OUTPUT_COLUMNS.join(', ')}, each optionally with = and a name`,
  read: (text) => text,
  accepts: (value): value is EmitList | readonly Emitted[] => {
    const entries = entriesOf(value)
    return entries.length > 0 && entries.every(isEmitted)
  },
}

function entriesOf(value: unknown): unknown[] {
  return typeof value === 'string' ? value.split(',') : Array.isArray(value) ? Array.from(value) : []
}

function isEmitted(entry: unknown): boolean {
  if (typeof entry !== 'string') return false
  const [column] = entry.split('=', 1)
  return OUTPUT_COLUMNS.includes(column as OutputColumn) && entry !== `${column}=`
}

const keptTypes: Kind<Types> = {
  placeholder: 'text|infer|COLUMN=TYPE,...',
  word: 'LIST',
  values: ['text', 'infer'],
  listed: itemsOf,
  near: nearTypes,
  expected: `text, infer, or columns with their types, such as id=int64,price=float64 (types: ${REQUESTED_NAMES.join(', ')})`,
  read: (text) => text,
  accepts: areTypes,
}

const rejectHandler: Kind<RejectHandler> = {
  expected: 'a function',
  read: () => undefined,
  accepts: (value): value is RejectHandler => typeof value === 'function',
}

const signal: Kind<AbortSignal> = {
  expected: 'an AbortSignal',
  read: () => undefined,
  accepts: (value): value is AbortSignal => value instanceof AbortSignal,
}

const reader: Kind<Duplex> = {
  expected: 'a stream of read()',
  read: () => undefined,
  accepts: isReader,
}

/**
 * The scopes of an option: `score`, the object streams, `softmaxMatrix`, `read`, `write`, `calibrate` besides `score`,
 * and the command.
 */
type Scope = 'bytes' | 'objects' | 'matrix' | 'read' | 'write' | 'calibrate' | 'command'

/** Inputs that an option may apply to: text, delimited text, one array, files of several arrays. */
type Subject = 'text' | 'delimited' | 'array' | 'arrays'

/** The headings of the help, in order. */
export const GROUPS = ['Input', 'Classes', 'Scores', 'Output', 'Bad rows', 'Runs', 'Reports', 'Help'] as const

/** Verbs: what the command does instead of scoring. */
export type Verb = 'evaluate' | 'calibrate'

/** An entry of {@link OPTIONS}. */
export interface Option<T, S extends Scope = Scope, D extends T | undefined = T | undefined> {
  kind: Kind<T>
  scopes: readonly S[]
  /** Its heading in the help. */
  group: (typeof GROUPS)[number]
  /** The verb that it requires, and those whose help lists it, too. */
  only?: Verb
  verbs?: readonly Verb[]
  /** What it does, in one line of a table: at most 115 characters, without a capital letter and a period. */
  help: string
  /** Whatever else a user may need, in sentences: for the help on the option, the manual page and the API. */
  details?: string
  /** Its text in the help of a verb, if it does less there. */
  helpOf?: { readonly [V in Verb]?: string }
  /** Its text in the short help; an option without one is not listed there. */
  brief?: string
  /** Its help and details in API terms, if those texts are specific to the command. */
  doc?: { help?: string; details?: string }
  default?: D
  /** The default implied by other options; throws E_CONFLICT if they rule it out. */
  implied?(options: Record<string, unknown>): T | undefined
  /** How the help describes the default, if not by the value itself; and in the help of a verb. */
  defaultText?: string
  defaultOf?: { readonly [V in Verb]?: string }
  /** The short flag. */
  short?: string
  /** The kind of input it applies to, if not to all. */
  about?: Subject
  /**
   * Its names in other programs, possibly with = and a value. They are not accepted, but messages suggest the option
   * for them.
   */
  aliases?: string
  /** For an option that takes a value: the help of the flag `--no-NAME`, which sets false. */
  negation?: { help: string }
  /** The flags, if not the kebab-case name of the option; the value that each sets, and the verbs whose help lists it. */
  flags?: readonly { name: string; sets: NoInfer<T>; help: string; brief?: string; verbs?: readonly Verb[] }[]
}

const EVERYWHERE = ['bytes', 'objects', 'matrix', 'command'] as const
const STREAMS = ['bytes', 'objects', 'command'] as const
const BYTES = ['bytes', 'command'] as const
const READERS = ['bytes', 'read', 'command'] as const
const WRITERS = ['bytes', 'write', 'command'] as const
const COMMAND = ['command'] as const

const option = <T, S extends Scope, D extends T | undefined = undefined>(entry: Option<T, S, D>): Option<T, S, D> =>
  entry

/** The table of options, in the order of the help. */
export const OPTIONS = {
  output: option({
    group: 'Output',
    verbs: ['evaluate', 'calibrate'],
    brief: 'output file; FOLDER/: one output file per input',
    kind: text('FILE'),
    scopes: COMMAND,
    short: 'o',
    defaultText: 'stdout',
    aliases: 'out outfile out-file output-file output-dir outdir out-dir',
    help: 'write to FILE instead of stdout; if it is a folder, such as scored/, write one file per input into it',
    details:
      'FILE is created or replaced only once the output is complete. A name that ends in / is that of a folder, which is created if necessary. A killed process may leave a file .softmax-*.tmp next to the output, which can be deleted. softmax evaluate writes its metrics to FILE, as JSON if the name ends in .json.',
    helpOf: {
      evaluate: 'write the metrics to FILE instead of stdout, as JSON if its name ends in .json',
      calibrate: 'write the calibration to FILE instead of stdout',
    },
  }),
  to: option({
    group: 'Output',
    brief: 'output format, if the file name does not say',
    kind: format,
    scopes: BYTES,
    short: 't',
    defaultText: 'by file name, or --from',
    aliases: 'output-format outformat out-format ojson=json ojsonl=ndjson ocsv=csv otsv=tsv',
    help: 'output format',
  }),
  resume: option({
    group: 'Runs',
    brief: 'with -o FOLDER/: skip parts that are done',
    kind: flag,
    scopes: COMMAND,
    default: false,
    aliases: 'continue restart',
    help: 'with -o FOLDER/: skip the parts that are done already',
    details:
      'A part is done if the manifest in the folder records it with the same options, the same input and the same output.',
  }),
  part: option({
    group: 'Runs',
    kind: shareOfAll,
    scopes: COMMAND,
    defaultText: 'all',
    aliases: 'share shard partition shards',
    help: 'with -o FOLDER/: score only the I-th of N equal shares of the parts, such as 2/8',
    details:
      '2/8 is the second of eight shares, not the second part. With it, N processes on one or more machines split the work: each takes another share.',
  }),
  compress: option({
    group: 'Output',
    kind: choice('gzip', 'zstd'),
    scopes: COMMAND,
    defaultText: 'none',
    aliases: 'compression codec gzip=gzip gz=gzip zstd=zstd zst=zstd',
    help: 'with -o FOLDER/: compress each output, and add .gz or .zst to its name',
    details:
      'Outputs in parquet, arrow and npz cannot be compressed like this, because other programs could not read them. A single output is compressed if its name ends in .gz or .zst, without this option.',
  }),
  clobber: option({
    group: 'Output',
    kind: flag,
    scopes: COMMAND,
    default: true,
    aliases: 'overwrite force',
    help: 'fail if the output file exists already, and leave it unchanged',
  }),
  op: option({
    group: 'Scores',
    kind: choice('softmax', 'log-softmax', 'sigmoid', 'log-sigmoid'),
    scopes: ['bytes', 'matrix', 'command'],
    default: 'softmax',
    flags: [
      {
        name: 'log',
        sets: 'log-softmax',
        help: 'log-softmax: natural logarithms of the probabilities',
        brief: 'log-softmax: logarithms of the probabilities',
      },
      {
        name: 'sigmoid',
        sets: 'sigmoid',
        verbs: ['evaluate'],
        help: 'an independent probability for each class, 1 / (1 + e^-logit), for multi-label models',
        brief: 'an independent probability for each class',
      },
      { name: 'log-sigmoid', sets: 'log-sigmoid', help: 'natural logarithms of the probabilities of --sigmoid' },
    ],
    aliases:
      'log=log-softmax log-softmax=log-softmax logsoftmax=log-softmax logprobs=log-softmax sigmoid=sigmoid multi-label=sigmoid multilabel=sigmoid logistic=sigmoid expit=sigmoid log-sigmoid=log-sigmoid logsigmoid=log-sigmoid',
    help: 'the function applied to the logits',
    doc: {
      details:
        "'softmax' outputs probabilities whose sum is 1, and 'log-softmax' their natural logarithms. 'sigmoid' outputs an independent probability for each class, 1 / (1 + e^-logit), for multi-label models, and 'log-sigmoid' the natural logarithms of these.",
    },
  }),
  temperature: option({
    group: 'Scores',
    verbs: ['evaluate'],
    brief: 'divide the logits by N first',
    kind: positive('N'),
    scopes: EVERYWHERE,
    short: 'T',
    default: 1,
    implied: calibratedTemperature,
    aliases: 'temp t tau',
    help: 'divide the logits by N first',
    details: 'A temperature above 1 flattens the distribution, and one below 1 sharpens it.',
    doc: {
      help: 'divide the logits by this number, above 0, first',
    },
  }),
  calibration: option({
    group: 'Scores',
    verbs: ['evaluate'],
    kind: calibrationGiven,
    scopes: EVERYWHERE,
    defaultText: 'none',
    aliases: 'calibrated calibrator calibration-file',
    help: 'divide the logits by the temperature in FILE, which softmax calibrate wrote for the same classes',
    doc: {
      help: 'the result of `calibrate`, or the name of a file that contains it',
      details:
        'The logits are divided by its temperature. Rows without class names have the classes of the calibration, in its order.',
    },
  }),
  coverage: option({
    group: 'Scores',
    only: 'calibrate',
    kind: share,
    scopes: ['calibrate', 'command'],
    defaultText: 'none',
    aliases: 'confidence-level',
    help: 'also calibrate prediction sets (--emit set) that contain the true class for this share of rows',
  }),
  logits: option({
    group: 'Classes',
    verbs: ['evaluate', 'calibrate'],
    brief: 'logit columns: names, 2-11, logit_*, /regex/',
    kind: columnList,
    scopes: [...STREAMS, 'read'],
    short: 'l',
    defaultText: 'logit*',
    aliases: 'columns cols column select fields features logit-columns logit-cols',
    help: 'logit columns, in this order: names, positions 2-11, globs logit_*, /regex/; ! excludes',
    details:
      'Commas separate the names and patterns. Positions count from 1; logit_a-logit_d is a range of names. In JSON, a path such as m.a selects a value inside an object. By default, a single logit* needs --binary or --sigmoid, because the softmax of one logit is 1.',
  }),
  binary: option({
    group: 'Classes',
    brief: 'names of the two classes of a single logit',
    verbs: ['evaluate', 'calibrate'],
    kind: classPair,
    scopes: EVERYWHERE,
    defaultText: 'none',
    aliases: 'binary-classes two-classes pos-label',
    help: 'for rows with a single logit x, read as softmax of [0, x]: the names of the two classes',
    details:
      'The first name is that of the negative class. If a name has a comma, write both as a JSON array. --threshold decides the label.',
  }),
  labels: option({
    group: 'Classes',
    verbs: ['evaluate', 'calibrate'],
    brief: 'class names, or a file of class names',
    kind: {
      ...list('A,B,C|@FILE', 'class names, which are texts, or @ and a file that holds them'),
      resolve: namesOfPipe,
    },
    scopes: [...STREAMS, 'write'],
    defaultText: 'from the header',
    aliases: 'classes class-names names label id2label label-file labels-file',
    help: 'class names in column order, or @ and the name of a file that contains them',
    details:
      'The file has one name per line, or JSON: an array, a config.json of Hugging Face with id2label, or imagenet_class_index.json. If the logits are an object, the names are its keys, in class order; rows may lack some of them (see --missing). Duplicate names get their position, with a warning: crane_134, crane_517.',
  }),
  emit: option({
    group: 'Output',
    brief: 'probs,label,confidence,entropy,... [probs,label]',
    kind: emitted,
    scopes: [...EVERYWHERE, 'write'],
    short: 'e',
    default: EMITTED,
    defaultText: 'probs,label; probs,index in npz and safetensors, probs in npy',
    aliases: 'outputs output-columns',
    help: 'output columns, such as probs,label,confidence; label=predicted renames a column',
    details: 'probs=prob_ sets the prefix of the probabilities. softmax help columns describes all columns.',
    doc: {
      help: 'output columns, or properties of predictions',
      details: `Any of ${OUTPUT_COLUMNS.map((name) => `'${name}'`).join(', ')}. 'label=predicted' renames one, and 'probs=prob_' sets the prefix of the probabilities. Object streams also output 'index' by default, and a matrix always has 'probs' and 'index'.`,
    },
  }),
  topK: option({
    group: 'Output',
    brief: 'only the K most probable classes',
    kind: integer('K', 1, Infinity),
    scopes: EVERYWHERE,
    short: 'k',
    defaultText: 'off',
    aliases: 'top limit top-n topn topk best',
    help: 'output only the K most probable classes, as label_1,p_1 to label_K,p_K, most probable first',
    details:
      'They replace the probabilities of all classes. The column label follows, unless --emit probs omits it; it is label_1 unless --min-confidence or --threshold decides otherwise. In npz and safetensors, the output is two arrays, top_index and top_probs.',
    doc: {
      help: 'output only this number of classes, most probable first, instead of all probabilities',
      details:
        'The columns are label_1, p_1 and so on; predictions have a list `top`, and npz and safetensors have the arrays top_index and top_probs. `label`, which is output by default, too, is the first of them unless `minConfidence` or `threshold` decides otherwise.',
    },
  }),
  truth: option({
    group: 'Classes',
    verbs: ['evaluate', 'calibrate'],
    brief: 'column of true classes',
    kind: text('COLUMN'),
    scopes: STREAMS,
    defaultText: 'none',
    defaultOf: { evaluate: 'required, except with --merge', calibrate: 'required' },
    aliases: 'label-column target true-label ground-truth y-true labels-column gold',
    help: 'column of true classes, by name or by position from 1',
    details:
      'A cell contains the name of a class, or its position from 0, or from --truth-from (of two classes, also false or true). It is empty (in arrays, -100 or NaN) if the class is unknown. With --sigmoid, a row may have several true classes: a list (cat|dog in a cell, [] for none), or 0 or 1 for each class, in one array or in one column per class, such as is_cat,is_dog.',
  }),
  truthFrom: option({
    group: 'Classes',
    verbs: ['evaluate', 'calibrate'],
    kind: integer('N', 0, 1, '0 or 1'),
    scopes: STREAMS,
    defaultText: '0',
    aliases: 'one-based base truth-base label-offset label-base index-from count-from class-offset',
    help: 'with --truth, the number that means the first class: 0 or 1',
    details:
      'True classes that are positions count from 0, as in numpy and scikit-learn; with 1, they count from 1, as in R, MATLAB and star ratings. Positions in the output always count from 0.',
  }),
  threshold: option({
    group: 'Scores',
    verbs: ['evaluate'],
    kind: threshold,
    scopes: EVERYWHERE,
    defaultText: '0.5',
    aliases: 'thresholds cutoff prob-threshold decision-threshold',
    help: 'with --sigmoid, minimum probability of the classes in labels; with --binary, of the second class as label',
    details:
      'A number is for all classes. A JSON object such as {"cat":0.3} is for some classes, and the others keep 0.5. A JSON array is in class order. @FILE reads one of these from a file.',
    doc: {
      details:
        'A number is for all classes. An object such as { cat: 0.3 } is for some classes, and the others keep 0.5. An array is in class order.',
    },
  }),
  minConfidence: option({
    group: 'Scores',
    verbs: ['evaluate'],
    kind: probability,
    scopes: EVERYWHERE,
    defaultText: 'none',
    aliases: 'confidence-threshold reject-below abstain abstain-below',
    help: 'leave the label empty (the row abstains) if the largest probability is below P',
    details:
      'This empties only the columns label and correct; the probabilities, the index and the confidence are written as always. Metrics of labels (accuracy, balanced accuracy, those of each class) are then of the rows with a label, and all others of all rows. No row is left out: select the rows with a label afterwards, or emit confidence and compare it.',
    doc: {
      help: 'no label (null, or an empty cell) if the largest probability is lower',
    },
  }),
  keep: option({
    group: 'Output',
    brief: 'other columns to copy: id,name or !secret [all]',
    kind: keptColumns,
    scopes: [...STREAMS, 'write'],
    default: true,
    defaultText: 'all',
    negation: { help: "drop the input's other columns" },
    aliases:
      'no-keep columns cols select usecols use-cols keep-columns keep-cols passthrough id-columns drop=!COLUMN drop-columns=!COLUMN exclude=!COLUMN',
    help: "which of the input's other columns to copy, such as id,name or 2-4; !secret copies all but secret",
    details:
      'The columns are copied unchanged, before the new ones, in the order of the list; objects of JSON keep their own. The selector is written as for --logits. In a table made from JSON, user.id selects a value inside an object.',
    doc: {
      help: "which of the input's other columns to copy: `true`, `false`, or a selector such as 'id,name'",
      details:
        "The columns are copied unchanged, before the new ones, in the order of the list; objects of JSON keep their own. The selector is written as for `logits`; '!secret' copies all but secret. In a table made from NDJSON, 'user.id' selects a value inside an object.",
    },
  }),
  types: option({
    group: 'Output',
    kind: keptTypes,
    scopes: WRITERS,
    default: 'text',
    aliases: 'dtypes dtype schema column-types schema-overrides',
    help: 'types of kept text columns in parquet and arrow: infer, or by column, such as id=int64,price=double',
    details: `infer detects columns of integers, numbers, booleans, dates or times in delimited text. id=int64,price=double sets the types of two columns, and infer,id=text does both. The types are ${REQUESTED_NAMES.join(', ')}. With --keep id, id=text also declares a key of JSON that the first 1000 rows do not have.`,
    doc: {
      help: "types of columns kept from text or objects, in parquet and arrow: 'infer', or such as 'id=int64,price=double'",
      details: `'infer' detects columns of integers, numbers, booleans, dates or times in delimited text. 'id=int64,price=double', or a list of such entries, sets the types of two columns, and 'infer,id=text' does both. The types are ${REQUESTED_NAMES.join(', ')}. With keep: 'id', 'id=text' also declares a key of JSON or objects that the first rows do not have.`,
    },
  }),
  typesFrom: option({
    group: 'Output',
    kind: reader,
    scopes: ['write'],
    help: 'the stream of read() whose rows are written, if the program copies them or makes others',
    details: 'Columns in parquet and arrow then have the types that it found, unless --types sets others.',
  }),
  precision: option({
    group: 'Output',
    brief: 'significant digits [shortest round-trip]',
    kind: integer('N', 1, 17),
    scopes: [...STREAMS, 'write'],
    short: 'p',
    defaultText: 'shortest round-trip',
    aliases: 'digits decimals round significant-digits',
    help: 'write results with at most N significant digits',
    doc: {
      help: 'maximum number of significant digits in results, 1 to 17',
    },
  }),
  float32: option({
    group: 'Output',
    kind: flag,
    scopes: [...EVERYWHERE, 'write'],
    default: false,
    aliases: 'f32 single fp32 float',
    help: 'round results to float32',
    details: 'Text has the shortest digits that read back as the same float32.',
  }),
  from: option({
    group: 'Input',
    verbs: ['evaluate', 'calibrate'],
    brief: 'input format, if the file name does not say',
    kind: format,
    scopes: BYTES,
    short: 'f',
    defaultText: 'by file name and first bytes, or csv',
    aliases:
      'input-format informat format in-format json=json jsonl=ndjson ndjson=ndjson jsonlines=ndjson csv=csv tsv=tsv npy=npy npz=npz safetensors=safetensors parquet=parquet arrow=arrow',
    help: 'input format',
  }),
  delimiter: option({
    group: 'Input',
    brief: 'character between cells, such as ; or tab',
    kind: separator,
    scopes: ['bytes', 'read', 'write', 'command'],
    short: 'd',
    defaultText: 'by format',
    about: 'delimited',
    aliases: 'sep separator field-separator fs ifs delim F',
    help: 'characters between cells, such as ; or tab or \\t or \\x01; whitespace means any run of blanks',
  }),
  decimal: option({
    group: 'Input',
    kind: choice('.', ','),
    scopes: BYTES,
    default: '.',
    about: 'delimited',
    aliases: 'decimal-separator decimal-comma decimal-mark decimal-point dec',
    help: 'decimal separator of logits, and of kept columns that get a type',
    details:
      'With a comma, csv also needs --delimiter or a sep= line. Results have this separator, too, if the output has the format of the input (see --output-decimal).',
  }),
  quote: option({
    group: 'Input',
    kind: quoteMark,
    scopes: ['bytes', 'read', 'write', 'command'],
    default: undefined,
    defaultText: '"',
    about: 'delimited',
    aliases: 'quotechar quote-char',
    help: 'quote character; none treats quotes as text',
  }),
  escape: option({
    group: 'Input',
    kind: byte('C'),
    scopes: ['bytes', 'read', 'write', 'command'],
    defaultText: 'the quote',
    about: 'delimited',
    aliases: 'escapechar escape-char',
    help: 'character before a quote inside quotes',
    details:
      'With --quote none, \\ reads backslash escapes as databases write them: \\t \\n \\r \\\\, and \\N for null.',
  }),
  lazyQuotes: option({
    group: 'Input',
    kind: flag,
    scopes: READERS,
    default: false,
    about: 'delimited',
    help: 'treat quotes as text in a cell that does not begin with a quote',
  }),
  trim: option({
    group: 'Input',
    kind: flag,
    scopes: READERS,
    default: false,
    about: 'delimited',
    help: 'strip blanks around cells and header names, outside quotes',
  }),
  comment: option({
    group: 'Input',
    kind: byte('C'),
    scopes: READERS,
    defaultText: 'none',
    about: 'delimited',
    aliases: 'comments comment-char comment-prefix skip-comments',
    help: 'skip lines that begin with this character',
  }),
  skipLines: option({
    group: 'Input',
    kind: integer('N', 0, Number.MAX_SAFE_INTEGER),
    scopes: READERS,
    default: 0,
    about: 'delimited',
    help: 'skip the first N lines of each input, before the header',
  }),
  header: option({
    group: 'Input',
    kind: flag,
    scopes: READERS,
    defaultText: 'detected from the first line',
    aliases: 'headers has-header header-row no-header no-headers skip-header H',
    help: 'whether the first line is a header',
  }),
  rowNames: option({
    group: 'Input',
    kind: flag,
    scopes: READERS,
    default: false,
    about: 'delimited',
    help: 'the header has one cell fewer than the rows, as R writes it',
    details:
      'The first column is then called row_names. Files of pandas, in which the first name is empty, do not need this option.',
  }),
  encoding: option({
    group: 'Input',
    kind: encodingName,
    scopes: READERS,
    about: 'text',
    defaultText: 'utf-8, or by byte order mark',
    help: 'input encoding, such as utf-16le, latin1, windows-1252 or shift_jis; output text is UTF-8',
    details: 'As in the Encoding Standard, latin1 (ISO-8859-1) is read as Windows-1252.',
  }),
  decompress: option({
    group: 'Input',
    kind: flag,
    scopes: READERS,
    default: true,
    aliases: 'decompression uncompress gunzip unzip',
    help: 'refuse input compressed with gzip or zstd, which may expand to any size',
  }),
  outputHeader: option({
    group: 'Output',
    kind: flag,
    scopes: WRITERS,
    defaultText: 'same as the input; no header when converting another format to copy',
    help: 'whether to write a header line',
  }),
  outputDelimiter: option({
    group: 'Output',
    kind: writtenSeparator,
    scopes: BYTES,
    defaultText: 'that of the input if it has the same format, otherwise by format',
    aliases: 'out-delimiter output-sep output-separator out-sep',
    help: 'characters between the cells of the output, such as ; or tab',
  }),
  outputDecimal: option({
    group: 'Output',
    kind: choice('.', ','),
    scopes: BYTES,
    defaultText: 'that of the input if it has the same format, otherwise a point',
    aliases: 'out-decimal output-decimal-separator',
    help: 'decimal separator of results and of kept numbers in delimited text',
    details:
      'Kept numbers are those from JSON, Parquet, Arrow and arrays. Kept text is not changed. Lists are JSON, with points.',
  }),
  axis: option({
    group: 'Input',
    kind: axisNumber,
    scopes: READERS,
    defaultText: '-1, the last',
    about: 'array',
    aliases: 'dim class-axis class-dim',
    help: 'array axis of the classes, from 0; negative numbers count from the end',
  }),
  tensor: option({
    group: 'Input',
    kind: text('NAME'),
    scopes: READERS,
    defaultText: 'the only one, or the one called logits',
    about: 'arrays',
    aliases: 'array tensor-name array-name key dataset variable',
    help: 'name of the logits array, in a file of several arrays',
  }),
  onError: option({
    group: 'Bad rows',
    kind: choice('fail', 'skip'),
    scopes: [...STREAMS, 'read'],
    default: 'fail',
    implied: skipWhereRequested,
    defaultText: 'fail; skip with --rejects or --max-errors',
    aliases: 'errors on-errors skip=skip skip-errors=skip ignore-errors=skip skip-bad-rows=skip strict=fail',
    help: 'what to do with a bad row',
  }),
  rejects: option({
    group: 'Bad rows',
    verbs: ['evaluate', 'calibrate'],
    brief: 'write bad rows to FILE, and continue',
    kind: text('FILE'),
    scopes: COMMAND,
    defaultText: 'none',
    aliases: 'reject rejected bad-rows error-file',
    help: 'write bad rows to FILE, one JSON object per line, and continue',
    details:
      'Each object has the position, the reason and the row: its text or, of Parquet, Arrow and arrays, JSON of the columns that are read. Rows and lines count from 1, bytes and unnamed classes from 0. FILE is kept if the run fails later. If the outputs are in a folder, FILE may be one, too, with a file per part.',
  }),
  onReject: option({
    group: 'Bad rows',
    kind: rejectHandler,
    scopes: ['bytes', 'objects', 'read'],
    aliases: 'rejects reject bad-rows',
    help: 'called for each bad row, in order, and awaited; bad rows are skipped and do not end the stream',
  }),
  maxErrors: option({
    group: 'Bad rows',
    kind: integer('N', 0, Infinity, 'a number of rows from 0 (not a percentage)'),
    scopes: [...STREAMS, 'read'],
    defaultText: 'no limit',
    aliases: 'max-bad-records max-rejects error-limit',
    help: 'fail if more than N rows are bad',
    doc: {
      help: 'maximum number of bad rows',
      details: 'One more ends the stream with an error, after the rows before it.',
    },
  }),
  missing: option({
    group: 'Bad rows',
    kind: { ...choice('error', '-inf', 'nan'), word: 'HOW' },
    scopes: [...STREAMS, 'read'],
    default: 'error',
    aliases: 'na-action fill-missing fillna',
    help: 'how to read a missing logit: as an error, as -inf (probability 0), or as nan',
    details:
      'A logit is missing if its cell is empty or null, or has a text of --null. A missing list of logits is read as if each of its logits were missing. With error, its row is a bad row. With -inf, the class is masked: its probability is 0. With nan, the logit is NaN (see --nonfinite).',
  }),
  null: option({
    group: 'Bad rows',
    kind: list('A,B', 'texts'),
    scopes: [...STREAMS, 'read', 'write'],
    defaultText: 'none',
    aliases: 'na na-values null-values nullstr null-string nulls null-value',
    help: 'texts that also mean a missing value, such as NA,NULL,\\N',
    details:
      'Each means a missing logit, an unknown true class, and null in kept columns that get a type (see --types). In a column of the type text, a cell without quotes is null if it equals one of the texts or, if --null is not given, if it is empty.',
  }),
  nonfinite: option({
    group: 'Bad rows',
    kind: choice('error', 'propagate', 'null'),
    scopes: EVERYWHERE,
    default: 'error',
    aliases: 'nan non-finite allow-nan',
    help: 'what to do with a row that has NaN, +inf or only -inf: an error, NaN or null results',
    details:
      'Such a row has no softmax; a sigmoid is undefined only for NaN. propagate outputs NaN, like scipy and torch, and no label. null outputs null instead of every result. Both count such rows.',
  }),
  maxRowBytes: option({
    group: 'Bad rows',
    kind: integer('N', 1, 1 << 29),
    scopes: READERS,
    default: 1 << 24,
    defaultText: '16 MiB',
    aliases: 'max-line max-line-length max-row-size buffer-size',
    help: 'maximum row size in bytes; a longer row is a bad row',
  }),
  head: option({
    group: 'Runs',
    brief: 'score only the first N rows',
    kind: integer('N', 0, Infinity),
    scopes: BYTES,
    short: 'n',
    defaultText: 'all',
    aliases: 'limit rows lines nrows n-rows first take max-rows',
    help: 'score only the first N rows, and read no more',
    doc: {
      help: 'maximum number of rows to score; no more are read',
    },
  }),
  dryRun: option({
    group: 'Runs',
    brief: 'show the plan and the first rows; write nothing',
    kind: flag,
    scopes: COMMAND,
    default: false,
    aliases: 'plan explain preview check n-dry',
    help: 'show formats, columns, classes, lane and the first 3 rows of output, and write nothing',
  }),
  requireRows: option({
    group: 'Bad rows',
    kind: flag,
    scopes: BYTES,
    default: false,
    aliases: 'fail-on-empty',
    help: 'fail if there are no input rows',
  }),
  escapeFormulas: option({
    group: 'Output',
    kind: flag,
    scopes: WRITERS,
    default: false,
    help: "put a ' before text that spreadsheets treat as a formula",
    details: 'This is text that begins with = + - @, a tab or a carriage return.',
  }),
  jobs: option({
    group: 'Runs',
    brief: 'number of threads [one per core]',
    kind: integer('N', 0, 256),
    scopes: BYTES,
    short: 'j',
    default: 0,
    defaultText: '0, one per core',
    aliases: 'threads thread workers num-workers parallel n-jobs num-threads cpus cores concurrency P',
    help: 'number of threads, including the main thread',
    details: 'Small inputs use only the main thread. The command uses at most one thread per core.',
  }),
  lane: option({
    group: 'Runs',
    kind: choice('auto', 'general', 'fast'),
    scopes: BYTES,
    default: 'auto',
    help: 'which implementation scores the rows',
    details:
      'general supports everything. fast is for text, and fails if it does not support the input or the options. Unless input and output are delimited text, the statistics call the general lane table.',
  }),
  source: option({
    group: 'Input',
    kind: sourceNames,
    scopes: ['bytes', 'read'],
    help: 'name of a stream in messages, or a list of names, one for each stream',
    details: 'Without it, several streams are called stream 1, stream 2 and so on.',
  }),
  signal: option({
    group: 'Runs',
    kind: signal,
    scopes: ['bytes', 'objects', 'read', 'write'],
    help: 'aborting this destroys the stream with an AbortError',
  }),
  progress: option({
    group: 'Reports',
    kind: flag,
    scopes: COMMAND,
    defaultText: 'on a terminal',
    aliases: 'pbar progress-bar no-progress-bar',
    help: 'show rate and time left on stderr',
    details: 'On a terminal, one line is redrawn. In a log, there is a new line every 10 s.',
  }),
  stats: option({
    group: 'Reports',
    kind: text('FILE'),
    scopes: COMMAND,
    defaultText: 'none',
    aliases: 'summary',
    help: 'write statistics to FILE as JSON, also if the run fails: rows, bytes, seconds, lane and error code',
    details:
      'Rows are counted as read, written, abstained (written without a label, because of --min-confidence or --nonfinite), rejected by code and, if there are any, nan (written as NaN or null by --nonfinite). During the run, FILE has the error code "unfinished" and counts of 0; a signal other than SIGKILL writes the counts so far. If a run fails, rows may be counted as written although a single output file has none of them. If the options cannot be read, FILE is left unchanged. Of parts, FILE also counts all, those done now and those done before, and lists the failed ones with their codes. If the outputs are in a folder, FILE may be one, too, with a file per part.',
  }),
  metrics: option({
    group: 'Reports',
    kind: text('FILE'),
    scopes: COMMAND,
    defaultText: 'none',
    help: 'with --truth, also write the metrics of the predictions to FILE, as softmax evaluate --json prints them',
    details:
      'This works with one output, not with a folder of them. FILE is created or replaced only once the run is complete.',
  }),
  oneVsRest: option({
    group: 'Reports',
    verbs: ['evaluate'],
    kind: flag,
    scopes: BYTES,
    default: false,
    aliases:
      'ovr one-vs-all ova multi-class multiclass auroc roc-auc auc roc average-precision pr-auc class-auroc per-class',
    help: 'with three to 128 classes of softmax, also measure AUROC and average precision of each against all others',
    details:
      'The metrics include their means, which are macro averages. This takes about 40 % more CPU time, and makes a line of --partial a few MB long. With two classes, the metrics of the second are always measured; with --sigmoid, those of each class.',
    doc: {
      details:
        'The metrics, which need `truth`, include their means (macro averages). This takes about 40 % more CPU time. With two classes, the metrics of the second are always measured; with the sigmoid, those of each class.',
    },
  }),
  report: option({
    group: 'Reports',
    only: 'evaluate',
    kind: text('FILE'),
    scopes: COMMAND,
    defaultText: 'none',
    aliases: 'html report-file dashboard',
    help: 'also write a report with charts to FILE, one self-contained HTML file',
  }),
  json: option({
    group: 'Reports',
    only: 'evaluate',
    kind: flag,
    scopes: COMMAND,
    default: false,
    help: 'print all metrics as JSON instead of a table',
  }),
  partial: option({
    group: 'Reports',
    only: 'evaluate',
    kind: flag,
    scopes: COMMAND,
    default: false,
    aliases: 'sums',
    help: 'print the exact sums behind the metrics, as one line for --merge',
  }),
  merge: option({
    group: 'Reports',
    only: 'evaluate',
    kind: flag,
    scopes: COMMAND,
    default: false,
    aliases: 'combine reduce',
    help: 'combine inputs written by --partial, and print the metrics of all their rows',
    details: 'With --partial, too, it prints their sums.',
  }),
  quiet: option({
    group: 'Reports',
    verbs: ['evaluate', 'calibrate'],
    kind: flag,
    scopes: COMMAND,
    short: 'q',
    default: false,
    aliases: 'silent',
    help: 'no progress, warnings or summary',
  }),
  debug: option({
    group: 'Reports',
    kind: flag,
    scopes: COMMAND,
    default: false,
    aliases: 'verbose trace v',
    help: 'show the stack trace of an error',
  }),
  completions: option({
    group: 'Help',
    kind: choice('bash', 'zsh', 'fish'),
    scopes: COMMAND,
    defaultText: 'none',
    help: 'print a shell completion script and exit',
  }),
  help: option({
    group: 'Help',
    kind: flag,
    scopes: COMMAND,
    short: 'h',
    default: false,
    aliases: 'usage ?',
    help: 'print the help and exit',
  }),
  version: option({
    group: 'Help',
    kind: flag,
    scopes: COMMAND,
    default: false,
    aliases: 'v V',
    help: 'print the version and exit',
  }),
}

/** Bad rows are skipped if an option says where they go or how many are allowed. */
function skipWhereRequested({ rejects, onReject, maxErrors, onError }: Record<string, unknown>): 'skip' | undefined {
  if ((rejects ?? onReject ?? maxErrors) === undefined) return undefined
  if (onError !== 'fail') return 'skip'
  const given = optionText(rejects !== undefined ? 'rejects' : onReject !== undefined ? 'onReject' : 'maxErrors')
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${optionText('onError', 'fail')} stops at the first bad row; leave it out with ${given}`,
  })
}

/** A calibration includes a temperature. */
function calibratedTemperature({ calibration, temperature }: Record<string, unknown>): number | undefined {
  if (!calibrationGiven.accepts(calibration)) return undefined
  if (temperature === undefined) return readCalibration(calibration).temperature
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${optionText('calibration')} has a temperature; leave out ${optionText('temperature')}`,
  })
}

type Options = typeof OPTIONS
type Name = keyof Options
export type ValueOf<N extends Name> = Options[N] extends Option<infer T, infer _S, infer _D> ? T : never
type DefaultOf<N extends Name> = Options[N] extends Option<infer _T, infer _S, infer D> ? D : never
type NamesOf<S extends Scope> = { [N in Name]: S extends Options[N]['scopes'][number] ? N : never }[Name]

/** The options of a part of the package: those of {@link OPTIONS} in its scope, all optional. */
export type OptionsOf<S extends Scope> = { [N in NamesOf<S>]?: ValueOf<N> | undefined }

/** The same with defaults filled in; an option without a default may be undefined. */
export type SettingsOf<S extends Scope> = {
  [N in NamesOf<S>]: ValueOf<N> | (DefaultOf<N> extends undefined ? undefined : never)
}

/** The names of the options in a scope. */
export function namesIn(scope: Scope): string[] {
  const entries = Object.entries(OPTIONS as Record<string, Option<unknown>>)
  return entries.filter(([, { scopes }]) => scopes.includes(scope)).map(([name]) => name)
}

/** The first option for a kind of input that is given with a value other than the default. */
export function optionGiven(options: object, about: Subject): string | undefined {
  const values = options as Record<string, unknown>
  const isGiven = (name: string, fallback: unknown) => values[name] !== undefined && values[name] !== fallback
  const entries = Object.entries(OPTIONS as Record<string, Option<unknown>>)
  return entries.find(([name, entry]) => entry.about === about && isGiven(name, entry.default))?.[0]
}

/** The formats of each subject, and its name in messages. */
const SUBJECTS: Readonly<Record<Subject, { has(format: FormatName): boolean; name: string }>> = {
  text: { has: isText, name: 'text' },
  delimited: { has: (format) => delimiterOf(format) !== undefined, name: 'delimited text, such as csv' },
  array: { has: isArray, name: 'arrays, such as npy' },
  arrays: { has: holdsArrays, name: 'files of named arrays, such as npz' },
}

/** The operation, as messages name it: `--log`, or `op: 'log-softmax'`. */
export function opText(op: string): string {
  const flag = OPTIONS.op.flags?.find(({ sets }) => sets === op)
  return speaking() === 'command' && flag ? `--${flag.name}` : optionText('op', op)
}

/** Refuses options without effect for a format, possibly one that is written as `to`. Throws E_CONFLICT. */
export function requireApplicable(options: object, format: FormatName, to?: FormatName): void {
  for (const [subject, { has, name }] of Object.entries(SUBJECTS)) {
    const given = has(format) ? undefined : optionGiven(options, subject as Subject)
    if (given === undefined) continue
    const isOfOutput = subject === 'delimited' && delimiterOf(to) !== undefined
    const remedy = isOfOutput
      ? `leave it out; ${optionText('to')} csv, tsv or copy and ${optionText('outputDelimiter')} set how the output is written`
      : 'leave it out'
    const reason = `${optionText(given)} works only with ${name}, and ${isOfOutput ? 'the input' : 'this'} is ${format}; ${remedy}`
    throw new SoftmaxError('E_CONFLICT', { reason })
  }
  requireColumnOfTruth(options, format)
}

/**
 * Throws E_CONFLICT for true classes in a file of one array, which is that of the logits; its columns i0, i1 are
 * positions.
 */
function requireColumnOfTruth({ truth }: { truth?: unknown }, format: FormatName): void {
  if (truth === undefined || !isArray(format) || holdsArrays(format) || /^i\d+$/.test(String(truth))) return
  const both = 'numpy.savez("in.npz", logits=logits, truth=y)'
  const reason = `${optionText('truth')} needs a second array, and ${format} has only one; save both in one file with ${both}`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

/** The functions for each operation, for object streams. */
const OPERATORS = 'softmax(), logSoftmax(), sigmoid() or logSigmoid()'

/** What other programs have a flag for, but this one does not. */
const NO_FLAGS: Readonly<Record<string, string>> = {
  input: 'the name of the file, without a flag',
  i: 'the name of the file, without a flag',
  color: 'FORCE_COLOR=1 in the environment',
  colour: 'FORCE_COLOR=1 in the environment',
  'no-color': 'NO_COLOR=1 in the environment',
  'no-colour': 'NO_COLOR=1 in the environment',
  'zip-bomb': '--no-decompress',
  man: 'softmax help man',
  examples: 'softmax help all',
}

/** The options with this name in other programs, or the one that was probably mistyped, as messages name them. */
export function proposalFor(word: string, scope: Scope): string | undefined {
  const entries = Object.entries(OPTIONS as Record<string, Option<unknown>>)
  const aliases = entries.filter(([, { scopes }]) => scopes.includes(scope)).flatMap(aliasesOf)
  const plain = word.replace(/^-+/, '')
  const name = plain.length > 1 ? kebab(plain) : plain
  const meant = (called: string | undefined) => aliases.filter((alias) => alias.name === called).map(({ text }) => text)
  const exact = meant(name).join(' or ')
  if (exact !== '') return exact
  if (scope === 'command' && Object.hasOwn(NO_FLAGS, name)) return NO_FLAGS[name]
  if (scope === 'command' && name === 'op') return OPTIONS.op.flags!.map(({ name }) => `--${name}`).join(' or ')
  if (scope !== 'command' && name === 'output') return 'pipe()'
  if (scope === 'objects' && name === 'op') return OPERATORS
  const op =
    scope === 'objects' ? OPTIONS.op.aliases!.split(' ').find((alias) => alias.startsWith(`${name}=`)) : undefined
  if (op !== undefined) return `${camel(op.slice(name.length + 1))}()`
  // An option in another scope is not a typo.
  if (Object.hasOwn(OPTIONS, plain)) return undefined
  const names = aliases.map(({ name }) => name)
  // Without dashes, which would make any two short names similar.
  const near = nearest(plain, scope === 'command' ? flagNames() : namesIn(scope))
  return near === undefined ? meant(nearest(name, names))[0] : scope === 'command' ? `--${near}` : near
}

/** A name of words as JavaScript has it: `logSoftmax`. */
function camel(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}

/** An option's names in other programs, and how messages name the option. */
function aliasesOf([option, { aliases = '', short, flags }]: [string, Option<unknown>]) {
  const isCommand = speaking() === 'command'
  return aliases
    .split(' ')
    .filter((alias) => alias !== '')
    .map((alias) => {
      const [name = '', value] = alias.split('=')
      const flag = isCommand ? flags?.find(({ sets }) => sets === value) : undefined
      const text = flag ? `--${flag.name}` : optionText(option, value)
      return { name, text: short !== undefined && isCommand && value === undefined ? `${text} (-${short})` : text }
    })
}

/** The command's flags and their negations, without dashes. */
function flagNames(): string[] {
  const { entries } = Object
  const all = entries(OPTIONS as Record<string, Option<unknown>>).filter(([, { scopes }]) => scopes.includes('command'))
  return all.flatMap(([option, { flags, kind, negation }]) => {
    if (flags) return flags.map(({ name }) => name)
    const name = kebab(option)
    return kind.placeholder !== undefined && !negation ? [name] : [name, `no-${name}`]
  })
}

/** What takes values that are often given as options. */
const INSTEAD: { readonly [S in Scope]?: string } = {
  objects: ' (softmaxMatrix() takes logits at once)',
  bytes: ' (scoreFiles() takes the names of files)',
}

/** The API functions that take an option, by scope. */
export const FUNCTIONS = {
  bytes: 'score',
  objects: 'softmax',
  matrix: 'softmaxMatrix',
  read: 'read',
  write: 'write',
  calibrate: 'calibrate',
} as const

/** Where an option belongs that is unknown here, as messages name it. */
function ownerOf(name: string): string | undefined {
  const scopes: readonly Scope[] = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as Name].scopes : []
  const functions = Object.entries(FUNCTIONS).flatMap(([scope, called]) =>
    scopes.includes(scope as Scope) ? [`${called}()`] : [],
  )
  return functions.length > 0 ? functions.join(', ') : scopes.includes('command') ? 'the command' : undefined
}

/** The value that was probably meant by an invalid one, if there are few. */
function nearValue(value: unknown, { values = [], listed, named, near, accepts }: Kind<unknown>): string | undefined {
  if (near) return near(value)
  const entries = listed ? listed(value) : [value]
  const meant = entries.map((entry) => {
    if (typeof entry !== 'string') return undefined
    const [name = '', ...rest] = entry.split('=')
    const near = values.includes(name) ? name : (named?.(name) ?? nearest(name.trim(), values))
    const renamed = rest.join('=')
    return renamed === '' ? near : near && `${near}=${renamed}`
  })
  return !meant.includes(undefined) && accepts(meant.join()) ? meant.join() : undefined
}

/** The error for a value that an option does not accept; of a list, it shows the item that is wrong. */
export function refusal(option: string, value: unknown, kind: Kind<unknown>): SoftmaxError {
  const items = kind.listed?.(value) ?? []
  const wrong = items.length > 1 ? items.find((item) => !kind.accepts(item)) : undefined
  const info = { option, value: wrong ?? value, expected: kind.expected, near: nearValue(value, kind) }
  return new SoftmaxError('E_OPTION', info)
}

/** Validates options and fills in defaults. Throws E_FLAG for an unknown name and E_OPTION for an invalid value. */
export function parseOptions<S extends Scope>(options: OptionsOf<S>, scope: S): SettingsOf<S> {
  const names = namesIn(scope)
  if (typeof options !== 'object' || options === null || Array.isArray(options) || ArrayBuffer.isView(options)) {
    throw new SoftmaxError('E_OPTION', {
      option: 'options',
      value: options,
      expected: `an object${INSTEAD[scope] ?? ''}`,
    })
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name))
      throw new SoftmaxError('E_FLAG', { flag: name, near: proposalFor(name, scope), owner: ownerOf(name) })
  }
  // Each only once, because a value may name a pipe, which can be read only once.
  const given = Object.fromEntries(names.map((name) => [name, check(name, options as Record<string, unknown>)]))
  return Object.fromEntries(names.map((name) => [name, withDefault(name, given)])) as SettingsOf<S>
}

/** The given value, or what it refers to. */
function check(name: string, options: Record<string, unknown>): unknown {
  const { kind } = (OPTIONS as Record<string, Option<unknown>>)[name]!
  const value = options[name]
  if (value === undefined) return undefined
  if (!kind.accepts(value)) throw refusal(name, value, kind)
  return kind.resolve ? kind.resolve(value) : value
}

/** The given value, else the one implied by other options, else the default. */
function withDefault(name: string, given: Record<string, unknown>): unknown {
  const { default: fallback, implied } = (OPTIONS as Record<string, Option<unknown>>)[name]!
  const inPlace = implied?.(given) ?? fallback
  return given[name] ?? inPlace
}

/** A list that may be given as text: `a,b` or ['a', 'b']. */
export function items<T extends string>(list: string | readonly T[]): T[] {
  return (typeof list === 'string' ? list.split(',') : [...list]) as T[]
}
