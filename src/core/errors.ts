/**
 * Every error of the package, with its wording. Users match `code` and read `info`; the text is for people and may
 * change.
 *
 * `status` is the exit status of the command: 1 bad data, 2 usage, 3 input or output failed, 70 internal error.
 */

import { isLogitName, isResultName, plainName } from './column-name.js'
import { fromText, labelsText, optionsText, optionText, someKeys, speaking, verbText } from './option-words.js'

/** The position of an error in the input. Lines and rows are counted from 1, bytes from 0; the header is not a row. */
export interface Position {
  /** The name of the input. */
  source?: string
  /** From 1, including the header. */
  line?: number
  /** From 1, without the header. */
  row?: number
  /** From 0, in the input. */
  byte?: number
  /** The name of the column; if the logits of a row are one list, that of the class, or its index if it has none. */
  column?: string
  /** If the logits of a row are one list, the index of the class, from 0. */
  classIndex?: number
  /** In an array, its index as in numpy: `[1, 0]`, or `[1, :]` for a row. */
  index?: string
}

interface Wording<Data> {
  status: 1 | 2 | 3 | 70
  /** `isSkipped` means that the error is of a bad row that is left out already. */
  says(data: Data, isSkipped: boolean): string
}

const word = <Data>(status: Wording<Data>['status'], says: Wording<Data>['says']): Wording<Data> => ({ status, says })

/**
 * The table of errors: exit status and wording by code. To add an error, add an entry, and the explanation that the
 * compiler then requires, which only `softmax explain` loads.
 */
export const CODES = {
  E_CELL: word<CellInfo & Position>(1, ({ cell, column, of, decimal, delimiter }, isSkipped) => {
    if (of === 'matrix') return `${shown(cell)} is not a number`
    const skip = skipHint(isSkipped)
    if (of === 'value') return `${cell} is not a number${skip}`
    if (of === 'list') return `${shown(cell)} is not a list of numbers${pythonHint(cell) ?? skip}`
    return `${shown(cell)} is not a number${decimalHint(decimal, delimiter) ?? cellHint(cell, column) ?? skip}`
  }),
  E_MISSING: word<{ of?: 'list' | 'lists' | 'matrix'; isUnmeasured?: true }>(1, ({ of, isUnmeasured }, isSkipped) => {
    if (of === 'matrix') return 'the logit is missing; write NaN, or -Infinity to mask the class'
    if (isUnmeasured)
      return `the logits are missing, and none of the first rows shows how many there are; ${optionText('labels')} names the classes`
    const skip = skipHint(isSkipped)
    // A missing list of lists has no number of rows of logits.
    if (of === 'lists') return `the logits are missing${skip}`
    const nan = `${skip === '' ? ';' : ','} ${optionText('missing', 'nan')} reads NaN`
    return of === 'list'
      ? `the logits are missing${skip}${nan}`
      : `the logit is missing${skip}${nan}, ${optionText('missing', '-inf')} masks the class`
  }),
  E_OVERFLOW: word<OverflowInfo>(1, (info, isSkipped) =>
    info.isInteger || info.isDecimal || info.isBigint
      ? inexactNumber(info, isSkipped)
      : `${shown(info.cell)} is outside the range of a double${info.of === 'matrix' ? '' : skipHint(isSkipped)}`,
  ),
  E_TRUTH: word<TruthInfo>(
    1,
    (info, isSkipped) => `${shown(info.cell)} ${info.reason ?? unknownClass(info)}${skipHint(isSkipped)}`,
  ),
  E_NONFINITE: word<{ reason: string; of?: string; isMeasured?: true }>(1, ({ reason, of, isMeasured }, isSkipped) => {
    const skip = skipHint(isSkipped)
    const written = `${skip === '' ? ';' : ','} ${optionText('nonfinite', 'propagate')} writes NaN`
    return `${of === undefined ? '' : `in ${of}, `}${reason}, so the row has no softmax${skip}${isMeasured ? '' : written}`
  }),
  E_WIDTH: word<WidthInfo>(
    1,
    (info, isSkipped) =>
      `${widthReason(info)}${info.hint === undefined ? `${padHint(info)}${skipHint(isSkipped)}` : `; ${info.hint}`}`,
  ),
  E_REPEATED: word(
    1,
    () => 'the row repeats the header, as if files were concatenated; pass the files as separate inputs',
  ),
  E_QUOTE: word<{ reason: string }>(1, ({ reason }) => reason),
  E_ROW_TOO_LONG: word<{ limit: number }>(
    1,
    ({ limit }) =>
      `the row is longer than ${plural(limit, 'byte')}; increase ${optionText('maxRowBytes')} if it is correct`,
  ),
  E_JSON: word<{ reason: string; what?: string }>(
    1,
    ({ reason, what = 'line' }) => `the ${what} is not JSON: ${reason}`,
  ),
  E_CELL_ENCODING: word<{ reason?: string; remedy?: string; column?: string }>(
    1,
    ({ reason = 'the text is not UTF-8', remedy, column }) =>
      `${reason}; ${remedy === undefined ? '' : `${remedy}; `}${noKeep(column)}`,
  ),
  E_CELL_TYPE: word<CellTypeInfo>(1, ({ cell, type, types, column, isRequested = false, isOfInput = false }) => {
    const origin = isRequested ? `set by ${optionText('types')}` : isOfInput ? 'in the input' : 'of the first cells'
    const remedy = `${isOfInput ? '' : nullRemedy(cell)}${typesRemedy(types) ?? noKeep(column)}`
    return `${shown(cell)} is not ${type}, the type ${origin}; ${remedy}`
  }),
  E_KEY: word<KeyInfo>(1, (info, isSkipped) => {
    const { key, type, types, isRepeated = false, isWritten = false } = info
    return isRepeated
      ? `duplicate key ${shown(key)}, of which only one value could be used${skipHint(isSkipped)}`
      : type === undefined
        ? `unexpected key ${shown(key)}: the first row defines the columns; ${keyRemedy(info)}`
        : `its ${shown(key)} is not ${type}, the type in the first rows; ${typesRemedy(types) ?? (isWritten ? 'give it the same type in all rows' : noKeep(key))}`
  }),
  E_ENCODING: word<{ reason: string; remedy: string }>(1, ({ reason, remedy }) => `${reason}; ${remedy}`),
  E_UNSUPPORTED: word<{ feature: string; remedy: string }>(
    1,
    ({ feature, remedy }) => `not supported: ${feature}; ${remedy}`,
  ),
  E_DELIMITER: word<{ delimiter: string }>(
    1,
    ({ delimiter }) => `the input has one column; did you mean ${optionText('delimiter', delimiter)}?`,
  ),
  E_TOO_MANY: word<{ most: number; last: string }>(
    1,
    ({ most, last }) => `more than ${plural(most, 'bad row')} (${optionText('maxErrors', most)}); the last: ${last}`,
  ),
  E_EMPTY: word<{ replaces?: string }>(1, ({ replaces }) =>
    replaces === undefined
      ? `the input has no rows, and ${optionText('requireRows', true)} is set`
      : `the input is empty, and would replace the content of ${shown(replaces)} with nothing; to allow that, remove the file first`,
  ),
  E_NO_COLUMNS: word<{ to: string }>(1, ({ to }) => `the input is empty, and ${to} needs columns`),
  E_TYPE: word<{ reason: string }>(1, ({ reason }) => `cannot be read as logits: ${reason}`),
  E_NO_ROWS: word<{ rows: number; codes?: string; truth?: string | undefined; first?: string }>(
    1,
    ({ rows, codes, truth, first }) =>
      truth === undefined
        ? `no row could be scored (${rows} read${codes === undefined ? '' : `: ${codes}`})${first === undefined ? '' : `; the first: ${first}`}`
        : `none of the ${plural(rows, 'row')} has a true class in ${shown(truth)}, so there is nothing to measure`,
  ),
  E_SCHEMA: word<{ header: string[]; first?: string; difference: string; remedy?: string }>(
    1,
    ({ first, difference, remedy }) =>
      first === undefined
        ? `the row is a header that differs from the first one, as if files were concatenated: ${difference}; score each file separately`
        : `${difference}; ${remedy}`,
  ),
  E_COLUMN_TYPE: word<ColumnTypeInfo>(1, (info) => {
    const reason = 'reason' in info ? info.reason : `its type is ${info.type}, but ${info.expected} in the first input`
    return `${reason}; ${('types' in info ? typesRemedy(info.types) : undefined) ?? noKeep(info.column)}`
  }),
  /** `isIncomplete` if other rows may have what a row lacks. */
  E_ROW: word<{ reason: string; isIncomplete?: true }>(
    1,
    ({ reason, isIncomplete }, isSkipped) => `${reason}${isIncomplete ? skipHint(isSkipped) : ''}`,
  ),
  E_RECORD: word<{ reason: string; remedy?: string }>(1, ({ reason, remedy }) => {
    return `${reason}; ${remedy ?? 'write() takes predictions, or other objects'}`
  }),
  E_CHUNK: word<{ takes: string; got: string; remedy: string }>(
    2,
    ({ takes, got, remedy }) => `the stream takes ${takes}, but got ${got}; ${remedy}`,
  ),
  E_SHAPE: word<{ length: number; rows: number; classes: number; isNested?: boolean; uneven?: UnevenRow }>(
    2,
    ({ length, rows, classes, isNested, uneven }) =>
      uneven
        ? `row ${uneven.row} has ${plural(uneven.length, 'logit')} where ${classes} ${classes === 1 ? 'is' : 'are'} expected`
        : `${plural(length, 'logit')} ${length === 1 ? 'is' : 'are'} not ${plural(rows, 'row')} of ${plural(classes, 'class')}${isNested ? '; pass all rows in one flat array, as logits.flat() returns' : ''}`,
  ),
  E_FLAG: word<{ flag: string; near?: string | undefined; owner?: string | undefined }>(2, ({ flag, near, owner }) => {
    const help = speaking() === 'command' ? '; see softmax --help' : ''
    const hint = near ? `; did you mean ${near}?` : owner ? `; it is an option of ${owner}` : help
    return `unknown option ${shown(flag)}${hint}`
  }),
  E_TOPIC: word<{ topic: string; near?: string | undefined }>(
    2,
    ({ topic, near }) =>
      `there is no help on ${shown(topic)}${near ? `; did you mean ${near}?` : '; softmax help topics lists all topics'}`,
  ),
  E_OPTION: word<OptionInfo>(2, (info) => {
    const { option, value, expected, near, neededBy, reason } = info
    if (neededBy !== undefined) return neededOption(info)
    if (reason !== undefined) return `${optionText(option)}: ${reason}`
    return value === undefined && speaking() === 'command'
      ? `${optionText(option)} requires a value${expected === 'text' ? '' : `: ${expected}`}`
      : `${optionText(option)} takes ${expected}, ${value === undefined ? 'but got no value' : `not ${refusedText(value)}`}${near === undefined ? '' : `; did you mean ${optionText(option, near)}?`}`
  }),
  E_CONFLICT: word<{ reason: string }>(2, ({ reason }) => reason),
  E_COLUMNS: word<ColumnsInfo>(
    2,
    (info) =>
      `cannot detect which of the columns ${shownNames(info.header)} are logits: ${info.reason}; ${columnsRemedy(info)}${laterHint(info)}`,
  ),
  E_TENSOR: word<{ names: string[]; proposed: string; requested?: string }>(2, ({ names, proposed, requested }) => {
    const what =
      requested === undefined ? 'it contains several arrays:' : `it has no array named ${shown(requested)}, only`
    return `${what} ${shownNames(names)}; ${tensorRemedy(names, proposed)}`
  }),
  E_SUMS: word<{ reason: string }>(
    1,
    ({ reason }) => `${reason}; ${optionText('merge', true)} takes the output of ${optionText('partial', true)}`,
  ),
  E_CALIBRATION: word<{ reason: string; remedy?: string }>(
    2,
    ({ reason, remedy = `${verbText('calibrate')} makes one` }) => `${optionText('calibration')}: ${reason}; ${remedy}`,
  ),
  E_VALIDATION: word<{ reason: string }>(1, ({ reason }) => `no temperature can be found: ${reason}`),
  E_SELECTOR: word<SelectorInfo>(
    2,
    (info) =>
      `${optionText(info.option ?? 'logits')} ${shown(info.item)} ${info.reason}${pathHint(info)}${laterHint(info)}`,
  ),
  E_HEADER: word<HeaderInfo>(2, unclearHeader),
  E_NAME: word<{
    name: string
    of?: 'kept columns' | 'classes'
    emit?: string | undefined
    isClass?: boolean
    /** The selector that leaves out the column of the input that has the name. */
    keep?: string
    /** What needs unique names: the format of the output, or an option. */
    needs?: string
  }>(2, ({ name, of, emit, isClass = false, keep, needs }) =>
    of === undefined
      ? `two output columns would be named ${shown(name)}; ${emit === undefined ? '' : `rename one with ${optionText('emit', emit)}, or `}${keep === undefined ? `drop the kept columns with ${optionText('keep', false)}` : `leave out that of the input with ${optionText('keep', keep)}`}${isClass ? ` or rename the classes with ${optionText('labels')}` : ''}`
      : `two ${of} are named ${shown(name)}, and ${needs} needs unique names; ${of === 'classes' ? `${optionText('labels')} names the classes` : `rename one in the input, or leave it out with ${optionText('keep', keep)}`}`,
  ),
  E_LABELS: word<{ reason: string }>(2, ({ reason }) => `${optionText('labels')}: ${reason}`),
  E_SAME_FILE: word<{ path: string; file: string; is: string }>(
    2,
    ({ path, file, is }) =>
      `the ${file} ${shown(path)} is ${is}; write to another ${file.endsWith('folder') ? 'folder' : 'file'}`,
  ),
  E_PARTS: word<{ reason: string }>(2, ({ reason }) => reason),
  E_RESUME: word<{ folder: string; reason: string; remedy: string }>(
    2,
    ({ folder, reason, remedy }) => `the folder ${shown(folder)} ${reason}; ${remedy}, or write to another folder`,
  ),
  E_NO_INPUT: word(2, () => 'no input: name a file, or pipe rows in; see softmax --help'),
  E_DEPENDENCY: word<{ format: string; packages: string; command: string }>(
    2,
    ({ format, command }) => `${format} needs packages that are not installed; run ${command}`,
  ),
  E_NODE: word<{ feature: string; needed: string; version: string; remedy: string }>(
    2,
    ({ feature, needed, version, remedy }) =>
      `${feature} needs Node ${needed} or later, and this is ${version}; ${remedy}`,
  ),
  E_CORRUPT: word<{ format: string; reason: string; looksLike?: string }>(3, ({ format, reason, looksLike }) =>
    looksLike === undefined
      ? `the ${format} data is corrupt or truncated: ${reason}`
      : `the input is not ${format}: ${reason} that looks like ${looksLike}; ${fromText(looksLike)} reads it`,
  ),
  E_INPUT: word<{ reason: string }>(3, ({ reason }) => `cannot read: ${reason}`),
  E_OUTPUT: word<{ path: string; reason: string }>(3, ({ path, reason }) => `cannot write ${shown(path)}: ${reason}`),
  E_MEMORY: word<{ of: 'address space' | 'memory'; bytes: number }>(3, ({ of, bytes }) =>
    of === 'memory'
      ? `cannot allocate ${Math.ceil(bytes / 2 ** 20)} MiB more memory; a limit may be too low (see ulimit -a)`
      : 'WebAssembly cannot reserve address space: one thread reserves up to 23 GB, but uses little of it; lift the limit with ulimit -v unlimited, or reduce the reservation to 3 GB with NODE_OPTIONS=--disable-wasm-trap-handler',
  ),
  E_WORKER: word<{ reason: string; byteEnd: number }>(
    70,
    ({ reason, byteEnd }) =>
      `a worker thread failed, and the block from here to byte ${byteEnd} is lost: ${reason}; ${optionText('jobs', 1)} uses no worker threads`,
  ),
  E_INTERNAL: word<{ reason: string }>(70, ({ reason }) => `internal error, please report it: ${reason}`),
}

/** A key of {@link CODES}. */
export type Code = keyof typeof CODES

/** The data of an error with this code, besides its {@link Position}. */
export type Info<C extends Code> =
  (typeof CODES)[C] extends Wording<infer Data> ? (unknown extends Data ? object : Data) : never

/** An error with one code. */
export interface CodedError<C extends Code> extends Error {
  /** The name of the class. */
  readonly name: 'SoftmaxError'
  /** A key of {@link CODES}. */
  readonly code: C
  /** What the error is about: its position, and the data of its code. */
  readonly info: Info<C> & Position
  /** The exit status of the command for this error. */
  readonly status: number
  /** The properties that `JSON.stringify` uses, for logs. */
  toJSON(): Pick<CodedError<C>, 'name' | 'code' | 'message' | 'status' | 'info'>
}

/** The error class of the package: testing `code` narrows `info`. */
export type SoftmaxError<C extends Code = Code> = C extends Code ? CodedError<C> : never

interface SoftmaxErrorConstructor {
  new <C extends Code>(code: C, info: Info<C> & Position, options?: ErrorOptions): SoftmaxError<C>
  readonly prototype: SoftmaxError
  /** Whether an error is of this class and, if a code is given, has it. */
  is<C extends Code = Code>(error: unknown, code?: C): error is SoftmaxError<C>
}

/**
 * The one error class of the package.
 *
 * @example
 * try { … } catch (error) {
 *   if (error instanceof SoftmaxError && error.code === 'E_CELL') console.error(error.info.line, error.info.cell)
 * }
 */
export const SoftmaxError = class SoftmaxError<C extends Code> extends Error {
  override readonly name = 'SoftmaxError'
  readonly code: C
  readonly info: Info<C> & Position

  constructor(code: C, info: Info<C> & Position, options?: ErrorOptions) {
    super(messageOf(code, info), options)
    this.code = code
    this.info = info
  }

  static is(error: unknown, code?: Code): boolean {
    return error instanceof SoftmaxError && (code === undefined || error.code === code)
  }

  get status(): number {
    return CODES[this.code].status
  }

  /** `message` is not enumerable, so JSON would omit it. */
  toJSON() {
    const { name, code, message, status, info } = this
    return { name, code, message, status, info }
  }
} as unknown as SoftmaxErrorConstructor

/** The message of an error: position, cause and code. */
export function messageOf<C extends Code>(code: C, info: Info<C> & Position, isSkipped = false): string {
  return printable(`${where(info)}${reasonOf(code, info, isSkipped)} [${code}]`)
}

/** The cause, without the position. */
export function reasonOf<C extends Code>(code: C, info: Info<C> & Position, isSkipped: boolean): string {
  return (CODES[code].says as Wording<unknown>['says'])(info, isSkipped)
}

/** The data of an E_SELECTOR. */
export interface SelectorInfo {
  item: string
  reason: string
  option?: 'logits' | 'keep' | 'truth' | 'types'
  source?: string
  /** Whether no column has the name. */
  isUnknown?: true
  /** Whether later rows may have it, while the first one lacks it. */
  mayBeLater?: true
}

/** The hint that a name is a partition key in the path of the input, and not one of its columns. */
function pathHint({ item, option, source = '' }: SelectorInfo): string {
  if (option !== 'keep' || !source.split(/[/\\]/).some((name) => name.startsWith(`${item}=`))) return ''
  const keeps = speaking() === 'command' ? ', which -o FOLDER/ keeps' : ''
  return `; ${shown(item)} is only in the path${keeps}`
}

/** How to score the rows that have logits, if the first one lacks them. */
function laterHint({ mayBeLater }: { mayBeLater?: true }): string {
  return mayBeLater ? `; if only some rows lack logits, ${optionText('onError', 'skip')} skips these` : ''
}

/** How to leave out a bad row, unless it is left out already. */
function skipHint(isSkipped: boolean): string {
  return isSkipped ? '' : `; ${optionText('onError', 'skip')} skips such rows`
}

/** Adds the input to an error; foreign errors are returned as is. */
export function withSource(error: unknown, source: string | undefined): unknown {
  if (source === undefined || !(error instanceof SoftmaxError) || error.info.source !== undefined) return error
  // A failed output is not an error of the input, even if it fails the same stream.
  if (error.code === 'E_OUTPUT') return error
  return new SoftmaxError(
    error.code,
    { ...error.info, source },
    error.cause === undefined ? {} : { cause: error.cause },
  )
}

/** Whether a file or directory is not there, according to a system error. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
}

/** The words that describe a system error: `no space left on device`. */
export function systemReason(error: unknown): string {
  const { message = String(error), code } = error as NodeJS.ErrnoException
  const words = /^[A-Z0-9_]+: (.*?)(?:, [a-z]+(?: '.*)?)?$/s.exec(message)
  return words ? `${words[1]} (${code})` : printable(message)
}

/**
 * Text from data, names or arguments, made safe for a terminal: quoted, with control characters escaped, at most one
 * line.
 */
export function shown(text: string): string {
  const printed = printable(shortened(text))
  // An escape has up to nine characters.
  return `"${printed.length <= 160 ? printed : printable(shortened(text, 20))}"`
}

/** Names in one text, each in quotes: `"a", "b"`; after 80 characters, and with `more`, it ends in `...`. */
export function shownNames(names: readonly string[], more = false): string {
  let text = ''
  for (const [index, name] of names.entries()) {
    if (text.length > LONGEST_LIST) return `${text}, ...`
    text += `${index === 0 ? '' : ', '}${quotedName(name)}`
  }
  return more ? `${text}, ...` : text
}

/** A name in a list without quotes: `a`, or `"a,b"`. */
export function listedName(name: string): string {
  return AMBIGUOUS.test(name) ? quotedName(name) : name
}

function quotedName(name: string): string {
  return shown(name).replace(/(?<=.)"(?=.)/gs, '\\"')
}

const AMBIGUOUS = /[,"]/
/** The characters of names after which no other is added. */
const LONGEST_LIST = 80

/** Text of at most 80 characters, or as many as given. */
export function shortened(text: string, most = 80): string {
  if (text.length <= most) return text
  const characters = Array.from(text.slice(0, 2 * most + 2))
  return characters.length > most ? `${characters.slice(0, most - 3).join('')}...` : text
}

/** Text with all control characters (C0, C1, bidirectional marks) escaped, so that it cannot control a terminal. */
export function printable(text: string): string {
  // True for nearly all texts, and each bad row has a message; the test takes a tenth of the time.
  if (/^[ -~]*$/.test(text)) return text
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) =>
    JSON.stringify(c)
      .slice(1, -1)
      .replace(/^[^\\]+$/, hexEscape),
  )
}

function hexEscape(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`
}

/** `bad.csv:7: column logit_cat (row 6, byte 210): `, or without a column `bad.csv:7: row 6, byte 210: `; as far as known. */
function where({ source, line, column, classIndex, row, byte, index }: Position): string {
  const numbers = [row !== undefined && `row ${row}`, byte !== undefined && `byte ${byte}`]
  const counts = [...numbers, index !== undefined && `numpy index ${index}`].filter(Boolean).join(', ')
  const named = column !== undefined && `${classIndex === undefined ? 'column' : 'class'} ${shortened(column)}`
  const inside = named ? `${named}${counts && ` (${counts})`}` : counts
  const isLine = line !== undefined
  const file = source === undefined ? isLine && `line ${line}` : isLine ? `${source}:${line}` : source
  return [file, inside]
    .filter(Boolean)
    .map((part) => `${part}: `)
    .join('')
}

/** The value that an option rejects: numbers as they are; in the API, strings quoted if they look like other values. */
function refusedText(value: unknown): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof Set || value instanceof Map) return `a ${value.constructor.name}`
  const isText = speaking() === 'api' && typeof value === 'string' && LIKE_OTHERS.test(value)
  return `${isText ? 'the text ' : ''}${shown(textOf(value))}`
}

const LIKE_OTHERS = /^\s*(?:[+-]?(?:\d+\.?|\.\d)\d*(?:e[+-]?\d+)?|true|false|null|undefined)\s*$/i

/** Any value as text: `{"a":1}` for an object, `/a/` or `[object ReadableStream]` where JSON shows nothing of it. */
function textOf(value: unknown): string {
  try {
    const json = typeof value === 'object' ? JSON.stringify(value) : undefined
    return json === undefined || json === '{}' ? String(value).replace('[object Object]', '{}') : json
  } catch {
    return typeof value
  }
}

/** `1 row`, `2 rows`, `2 classes` */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : noun.endsWith('s') ? 'es' : 's'}`
}

/** The data of an E_WIDTH. */
export interface WidthInfo {
  cells: number
  width: number
  hint?: string | undefined
  of?: string
  /** If the logits are an object: a key that is not a class, and the keys of the classes. */
  key?: string
  keys?: readonly string[]
  /** Their path. */
  name?: string
}

function widthReason({ cells, width, of = 'the row', key, keys = [] }: WidthInfo): string {
  if (key !== undefined) return `the object has an unknown class ${shown(key)} (classes: ${shownNames(keys)})`
  if (cells === width) return `${of} does not end in a delimiter, unlike the first rows`
  const found = plural(cells, of === 'the row' ? 'cell' : 'logit')
  return `${of} has ${found} where ${width} ${width === 1 ? 'is' : 'are'} expected`
}

/** How lists of different lengths, or objects with different keys, become rows of the same classes. */
function padHint({ of, key, keys = [], name = '' }: WidthInfo): string {
  if (key !== undefined) {
    const some = someKeys(name, keys)
    const only = some?.count === keys.length ? 'the keys listed' : 'these keys, for example'
    const reads = some === undefined ? '' : `, and ${some.text} reads only ${only}`
    return `; ${optionText('labels', labelsText([...keys, key]))} declares all classes${reads}`
  }
  if (of === undefined) return ''
  return `; pad shorter lists with null, which ${optionText('missing', '-inf')} masks`
}

/** The data of an E_CELL. */
export interface CellInfo {
  cell: string
  /**
   * If it is not a cell or value for one logit: a list of logits; the kind of a value that can be no number; or a number
   * of a matrix, which takes fewer options.
   */
  of?: 'list' | 'value' | 'matrix'
  /** If only the decimal separator is wrong: the expected one, and the delimiter. */
  decimal?: string
  delimiter?: string
}

/** The data of an E_OPTION. */
export interface OptionInfo {
  option: string
  /** The given value; undefined if there is none. */
  value: unknown
  expected: string
  /** The likely intended value. */
  near?: string | undefined
  /** The verb that requires it. */
  neededBy?: string
  /** Why a value of the expected kind cannot be used. */
  reason?: string
}

function neededOption({ option, expected, neededBy }: OptionInfo): string {
  const isCommand = speaking() === 'command'
  const hint = isCommand ? '; softmax --dry-run shows which columns there are' : ''
  return `${verbText(neededBy!)} needs ${optionText(option, isCommand ? 'COLUMN' : undefined)}, ${expected}${hint}`
}

/** The data of an E_HEADER: lines above the header, or a numeric first line. */
export interface HeaderInfo {
  /** The number of lines above it, and the number of cells in the first of them and in the rows below. */
  above?: { lines: number; cells: number; width: number }
  /** The prefix of lines that may be comments. */
  comment?: string
  /** The delimiter of the lines below. */
  delimiter?: string
  /** If two lines have names: the number of lines up to the first of them. */
  levels?: { lines: number }
}

function unclearHeader({ above, comment, delimiter, levels }: HeaderInfo): string {
  if (above) {
    const remedy = comment === undefined ? '' : `; ${optionText('comment', comment)} skips lines that begin with it`
    return `the header has ${plural(above.cells, 'cell')}, and the rows below have ${above.width}; ${optionText('skipLines', above.lines)} skips the lines before the header${remedy}`
  }
  if (comment !== undefined) {
    const below = delimiter === undefined ? '' : `, and ${optionText('delimiter', delimiter)} separates the cells below`
    return `the first line looks like a comment; ${optionText('comment', comment)} skips all such lines, ${optionText('skipLines')} the first ones${below}`
  }
  if (levels) {
    return `two lines are column names, as pandas writes those of a MultiIndex; ${optionText('skipLines', levels.lines)} reads only the second`
  }
  return `the first line contains numbers, not names; ${optionText('header', false)} reads it as a row, ${optionText('header', true)} reads it as names`
}

/** A row of nested logits that has another length than there are classes; the row counts from 1. */
export interface UnevenRow {
  row: number
  length: number
}

/** The data of an E_OVERFLOW: a text, or an integer or decimal of a typed format that a double may not represent. */
export interface OverflowInfo {
  cell: string
  isInteger?: boolean
  isDecimal?: boolean
  /** Whether it is a bigint of an object or array. */
  isBigint?: boolean
  /** A matrix has no rows that could be skipped. */
  of?: 'matrix'
  /** Whether only its nearest double is known. */
  isRounded?: boolean
}

function inexactNumber({ cell, isDecimal, isBigint, isRounded, of }: OverflowInfo, isSkipped: boolean): string {
  const kind = isBigint ? 'bigint' : isDecimal ? 'decimal' : 'integer'
  const number = `the ${kind} ${shortened(cell)}${isRounded ? ', rounded to a double,' : ''}`
  const remedy = isBigint ? 'Number() rounds it' : 'save the logits as float64'
  const hint = of === 'matrix' ? '' : skipHint(isSkipped)
  return `${number} has a magnitude above 2^53 - 1, up to which doubles represent all integers; ${remedy}${hint}`
}

/** The data of an E_TRUTH. */
export interface TruthInfo {
  cell: string
  near?: string | undefined
  /** The first classes, and their number. */
  classes: readonly string[]
  count?: number
  /** Whether a row may have several. */
  isOfSeveral?: true
  /** Whether the cell lists classes of a row that has only one. */
  isSeveral?: true
  /** Whether classes have integers as names: then a number is a name, not a position. */
  areNumbers?: true
  /** The position of the first class, if it is not 0. */
  truthFrom?: 1 | undefined
  /** Whether the cell is false or true, and no name shows which of two classes is true. */
  isBoolean?: true
  /** The option that named the classes, if one did. */
  namedBy?: 'labels' | 'binary' | undefined
  reason?: string
  /** If a list has a number for each class: the position of the class. */
  nth?: number
}

function unknownClass(info: TruthInfo): string {
  const { near, classes, count = classes.length, areNumbers } = info
  if (info.isBoolean) return booleanReason(info)
  const all =
    count > classes.length
      ? `the ${count} classes are ${shownNames(classes, true)}`
      : `the classes are ${shownNames(classes)}`
  const known = near === undefined ? all : `the nearest class is ${shown(near)}`
  const none = areNumbers ? 'is not the name of a class' : 'is not a class, nor the position of one'
  return `${none}; ${known}; ${truthRemedy(info, count)}`
}

/** What to do with false and true if they may be either class: the names of the classes say which. */
function booleanReason({ cell, classes, namedBy = 'labels' }: TruthInfo): string {
  const [first, second] = classes.map(shown) as [string, string]
  const text = cell.trim()
  const [no, yes] = ['false', 'true'].map((word) => likeCase(word, text)) as [string, string]
  const naming = (...names: string[]) => optionText(namedBy, names.join())
  const [ifFirst, ifSecond] = text === yes ? [naming(yes, no), naming(no, yes)] : [naming(no, yes), naming(yes, no)]
  return `may be ${first} or ${second}; if it is ${first}, use ${ifFirst}, otherwise ${ifSecond}`
}

/** A word in upper case, capitalized or in lower case, as another one is. */
function likeCase(word: string, other: string): string {
  if (other === other.toUpperCase()) return word.toUpperCase()
  return other[0] === other[0]?.toUpperCase() ? `${word[0]!.toUpperCase()}${word.slice(1)}` : word
}

function truthRemedy(info: TruthInfo, count: number): string {
  const { cell, isOfSeveral, isSeveral, namedBy, areNumbers, truthFrom } = info
  if (/^\s*\[.*\]\s*$/s.test(cell)) {
    return isOfSeveral ? 'several are written as cat|dog or ["cat","dog"]' : `lists of classes need ${sigmoidText()}`
  }
  if (isSeveral) return `rows with several classes need ${sigmoidText()}`
  const names = namedBy ? `${optionText(namedBy)} gives these names` : `${optionText('labels')} sets other names`
  if (areNumbers && /^\d+$/.test(cell) && Number(cell) <= count) {
    return `positions are read only if no class has a number as its name; ${names}`
  }
  if (truthFrom && /^\s*0(\.0*)?\s*$/.test(cell)) return `positions count from 1, as ${optionText('truthFrom', 1)} says`
  if (!truthFrom && Number(cell) === count) {
    return `positions count from 0; if these count from 1, use ${optionText('truthFrom', 1)}`
  }
  // Such as 255, the value of pixels without a class in segmentation data sets.
  return UNKNOWN.test(cell) ? `${names}; ${optionText('null', cell.trim())} reads it as unknown` : names
}

function sigmoidText(): string {
  return speaking() === 'command' ? optionText('sigmoid') : optionText('op', 'sigmoid')
}

const UNKNOWN = /^\s*(-?\d+|n\/?a|nan|null|none|unknown|\?|-)\s*$/i

/**
 * The data of an E_KEY: a key that is not a column, is duplicated, or whose value does not have the type of the column.
 */
export interface KeyInfo {
  key: string
  type?: string
  /** The value of the option `types` that would accept the value. */
  types?: string | undefined
  isRepeated?: boolean
  /** The selector that keeps only the columns, empty if there are none; and the options that make the key another one. */
  keep?: string | undefined
  added?: { keep: string; types: string } | undefined
  /** Whether the object was given to `write`; and whether it is a prediction. */
  isWritten?: boolean
  isPrediction?: boolean
}

/** How to handle keys that are not columns. */
function keyRemedy({ keep, added, isWritten, isPrediction }: KeyInfo): string {
  if (!isWritten) {
    const ignored =
      keep === undefined
        ? `${optionText('keep')} with a list of keys ignores others`
        : `${optionText('keep', keep === '' ? false : keep)} ignores it`
    const adding = added && `${optionsText(['keep', added.keep], ['types', added.types])} adds it`
    return [ignored, adding, `${optionText('to', 'ndjson')} keeps the keys of each row`].filter(Boolean).join(', ')
  }
  return `give the first row all keys, with null where it has no value, or write ndjson${isPrediction ? `; ${noKeep()}` : ''}`
}

/** How to leave out a column that cannot be written; without its name, or if that is not a selector, all of them. */
export function noKeep(column?: string): string {
  if (column === undefined || !/^[\p{L}_][\p{L}\p{N}_.]*$/u.test(column)) {
    return `${optionText('keep', false)} leaves out all kept columns`
  }
  return `${optionText('keep', `!${column}`)} leaves it out`
}

/** What times of a type have in common; otherwise, they are text. */
const TIME_HINTS: Readonly<Record<string, string>> = {
  timestamp: ', if no time has an offset; otherwise use text',
  timestamp_utc: ', if each time has an offset; otherwise use text',
}

/** How to change the type of a column. */
function typesRemedy(types: string | undefined): string | undefined {
  if (types === undefined) return undefined
  const type = types.slice(types.lastIndexOf('=') + 1)
  return `${optionText('types', types)} keeps the column as ${type}${TIME_HINTS[type] ?? ''}`
}

/** How to read a cell as null that looks as programs write a missing value. */
function nullRemedy(cell: string): string {
  const word = cell.trim()
  return NULLS.test(word) ? `${optionText('null', word)} reads it as null, ` : ''
}

/** The data of an E_CELL_TYPE: whether `types` sets the type of the column, or the input of `read` has it. */
export interface CellTypeInfo {
  cell: string
  type: string
  types?: string | undefined
  column?: string
  isRequested?: boolean
  isOfInput?: boolean
}

/** The data of an E_COLUMN_TYPE: the type in the first input, or why the output cannot store a value. */
export type ColumnTypeInfo = { column?: string } & (
  | { type: string; expected: string; types?: string | undefined }
  | { reason: string }
)

/** The data of an E_COLUMNS. */
export interface ColumnsInfo {
  header: string[]
  /** The suggested selector, if any, and the `emit` that it requires, if any. */
  logits: string | undefined
  emit?: string | undefined
  reason: string
  /**
   * What the columns appear to hold instead of logits: probabilities; probabilities written by this package; or
   * logarithms of these.
   */
  holds?: 'probabilities' | 'results' | 'logarithms'
  /** Whether the suggested selector selects one column, so that each row has a single logit. */
  isOnly?: true
  /** The selector of the only column named like a logit, which may be the only logit of each row. */
  only?: string | undefined
  /** Whether later rows may have logits, while the first one has none. */
  mayBeLater?: true
  /** Whether any column has numbers. */
  hasNumbers?: true
  /** What is done with the rows, if they are not scored. */
  verb?: 'evaluate' | 'calibrate'
}

/** How to select the array of logits; probabilities of this package are not proposed. */
function tensorRemedy(names: readonly string[], proposed: string): string {
  const flag = optionText('tensor', proposed)
  return names.some(isResultName) && !isLogitName(proposed)
    ? `it appears to be scored already: score the original logits; if ${shown(proposed)} contains logits, say so with ${flag}`
    : `select the logits, as with ${flag}`
}

/** A longer selector is omitted, as a truncated one is useless. */
const LONGEST_SELECTOR = 500

/**
 * How to select logits: for files that were already scored, that probabilities are not logits; for files without
 * logits, what is needed.
 */
function columnsRemedy({ logits, emit, holds, isOnly, only, hasNumbers, verb }: ColumnsInfo): string {
  if (logits === undefined) {
    return hasNumbers
      ? `${optionText('logits')} selects them by name or position`
      : 'each class needs a column of numbers'
  }
  const renaming = emit === undefined ? [] : [['emit', emit] as const]
  const flagsOf = (selector: string, isSingle: boolean) =>
    optionsText(
      ['logits', shortened(selector, LONGEST_SELECTOR)],
      ...(isSingle ? [['binary', 'no,yes'] as const] : []),
      ...renaming,
    )
  const flag = flagsOf(logits, isOnly === true)
  const single = (selector: string) =>
    `if column ${selector} has the only logit of each row, use ${flagsOf(selector, true)}`
  const original = `${verb ?? 'score'} the original logits`
  const logarithms = 'log p instead of p, as softmax(log p) = p'
  const ofScored = 'it appears to be scored already'
  switch (holds) {
    case 'probabilities':
      return `${original}, or ${logarithms}; if these are logits, say so with ${flag}`
    case 'results':
      return `${ofScored}: ${original}, ${verb ? `or ${logarithms}` : 'not its probabilities'}; if these are logits, say so with ${flag}`
    case 'logarithms':
      return verb
        ? `${ofScored}: to ${verb} these log-probabilities, use ${flag}`
        : `${ofScored}: ${original}, or its logarithms, whose softmax is the same, with ${flag}`
    default:
      if (isOnly) return single(logits)
      return `${only === undefined ? '' : `${single(only)}; `}if these are all the logits, use ${flag}`
  }
}

function decimalHint(decimal: string | undefined, delimiter: string | undefined): string | undefined {
  if (decimal === undefined) return undefined
  if (decimal === ',') return `; ${optionText('decimal', ',')} is given, so 1.5 must be written 1,5`
  const flags = optionsText(['decimal', ','], ...(delimiter === ',' ? [['delimiter', ','] as const] : []))
  return `; decimals need a point; to read a decimal comma, add ${flags}`
}

function cellHint(cell: string, column: string | undefined): string | undefined {
  if (cell.startsWith('\ufeff')) return `; ${JOINED}`
  if (column !== undefined && plainName(cell) === plainName(column)) {
    return '; it is the name of the column, so this is a second header, as if files were concatenated: pass the files as separate inputs'
  }
  const hint = pythonHint(cell) ?? hintOf(HINTS, cell)
  if (hint !== undefined) return hint
  if (/^\s*'[^']*'\s*$/.test(cell)) return `; ${optionText('quote', "'")} reads ' as quotes`
  const word = cell.trim()
  const takes = `${optionText('null', word)} reads it as a missing logit`
  if (NULLS.test(word)) return `; ${takes}`
  const isFailed = word.length < LONGEST_FORMULA_ERROR && FORMULA_ERROR.test(word)
  return isFailed ? `; a spreadsheet formula failed there; ${takes}` : undefined
}

type Hints = readonly [form: RegExp, hint: string][]

function hintOf(hints: Hints, cell: string): string | undefined {
  // Some of these patterns take superlinear time on long text.
  const hint = cell.length > LONGEST_HINTED ? undefined : hints.find(([form]) => form.test(cell))?.[1]
  return hint === undefined ? undefined : `; ${hint}`
}

/** How to handle a cell that is the Python representation of several numbers; undefined for others. */
export function pythonHint(cell: string): string | undefined {
  return hintOf(PYTHON, cell)
}

const LONGEST_HINTED = 4096

/** Python representations of several numbers, with the remedy. */
const PYTHON: Hints = [
  [
    /^\s*\[.*\.\.\..*\]\s*$/s,
    'numpy abbreviated the array with ..., so numbers are missing from the file: write it again from x.tolist()',
  ],
  [/^\s*(?:array|tensor)\(.*\)\s*$/s, 'it is the repr of an array: write it again from x.tolist()'],
  [/^\s*\(.*,.*\)\s*$/s, 'it is a Python tuple: write it again as a list, as with map(list) in pandas'],
  [/^\s*\{\s*['"].*\}\s*$/s, 'it is an object: write JSON lines, or a column for each class'],
]

/** Other notations of numbers, with the remedy. */
const HINTS: Hints = [
  [/^\s*[+-]?\d+,\d+\s*$/, 'decimals need a point'],
  [/^\s*[+-]?\d{1,3}([,'’ \u00a0\u2009\u202f_])\d{3}(?:\1\d{3})*(?:\.\d*)?\s*$/, 'digits must not be grouped: 1234.5'],
  [/^\s*[+-]?\d{1,3}(?:\.\d{3})*,\d+\s*$/, 'digits must not be grouped: 1234.5, or 1234,5 with a decimal comma'],
  [/^\s*[\u2010-\u2015\u2212\ufe63\uff0d]/, 'its minus sign is not - (U+002D)'],
  [/^\s*[+-]?[\p{Nd}.,]*(?!\d)\p{Nd}/u, 'its digits are not the ASCII digits 0 to 9'],
  [/^\s*[+-]?[\d.]+\s*[%‰]\s*$/, 'a logit is not a percentage'],
  [/^\s*[+-]?0[xX][\da-fA-F.]+(?:[pP][+-]?\d+)?\s*$/, 'it is hexadecimal, and logits must be decimal'],
  [/^\s*[+-]?[\d.]+[dD][+-]?\d+\s*$/, 'an exponent is written with e: 1.5e3'],
  [
    /^\s*\[.*\]\s*$/s,
    'it is a list, and lists in delimited text are read only from a single column whose first cells are lists: select only that one, or store lists in another format',
  ],
]

/** How programs write missing values; Excel's #N/A is localized. */
const NULLS = /^(?:n\/?a|#(?:n\/?[abd]|nv|i\/t|saknas|puuttuu|yok|hiányzik|н\/д)!?|null|none|nil|\\n|-+|\?|\.)$/iu

/** Excel's errors by kind: division by zero, names, values, references, numbers, empty intersections, others. */
const ERRORS_OF_EXCEL = [
  '\\p{L}+/0',
  'name|nom|nombre|nome|naam|namn|navn|nimi|nazwa|název|név|имя|ad',
  'value|wert|valeur|valor|valore|waarde|värdefel|værdi|verdi|arvo|arg|hodnota|érték|знач|değer',
  'ref|bezug|rif|verw|referens|reference|viittaus|adr|odkaz|hiv|ссылка|başv',
  'num|zahl|nombre|núm|getal|ogiltigt|luku|liczba|číslo|szám|число|sayi|sayı',
  'null|nul|nulo|nullo|leeg|skärning|tyhjä|zero|nulla|пусто|boş|dělení_nulou|zéróosztó',
  'spill|calc|field|blocked|busy|connect|unknown|python|überlauf|kalk|propagation|desbordamiento|overlopen',
]
/** LibreOffice's prefix before an error number. */
const ERROR_OF_LIBREOFFICE =
  'err|fehler|erreur|erro|eroare|fout|fel|fejl|feil|virhe|błąd|chyba|hiba|hata|viga|ошибка|помилка'
/** `#DIV/0!`, `#WERT!`, `#¿NOMBRE?`, and the `Err:502` of LibreOffice. */
const FORMULA_ERROR = new RegExp(
  `^(?:#[¡¿]?(?:${ERRORS_OF_EXCEL.join('|')})[!?]|(?:${ERROR_OF_LIBREOFFICE}):5\\d\\d)$`,
  'iu',
)
const LONGEST_FORMULA_ERROR = 32
/** Text that begins with a BOM where there can be none. */
export const JOINED =
  'it begins with a byte order mark, as if files were concatenated; pass the files as separate inputs'
