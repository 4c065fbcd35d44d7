/** Arrays beside the logits that have one number or text per row: they become kept columns, with their types. */
import { arrayOf } from '../../core/column-arrays.js'
import { buildColumn } from '../../core/column-builder.js'
import type { ColumnData } from '../../core/column-data.js'
import { corruptData } from '../../core/corrupt-data.js'
import type { DataType } from '../../core/data-type.js'
import { SoftmaxError, shown } from '../../core/errors.js'
import { type NumberLayout, nativeBytes, readNumbers } from '../../core/float.js'
import { keptTest } from '../../core/kept-columns.js'
import type { SettingsOf } from '../../core/options.js'
import type { Column } from '../../core/record-batch.js'
import { TEXT } from '../../core/requested-types.js'
import { isNamed } from '../../core/selector.js'
import { ByteReader } from '../../io/byte-reader.js'
import { columnOf } from '../columnar.js'
import { type ArrayLayout, type Tensor, type TensorSource, type TextLayout, tuple } from './tensor.js'

/** The values of a column, in row order, as many at a time as requested. */
export interface RowValues {
  take(length: number): Promise<ColumnData>
  /** Reads to the end, so that checksums are verified. */
  end(): Promise<void>
  close(): Promise<void>
}

type AnySource = TensorSource<ArrayLayout>

/**
 * Opens those of the arrays that can be kept; `left` are the names of the others, unless a selector leaves them out.
 * Throws E_SELECTOR.
 */
export async function openKept(
  names: readonly string[],
  open: (name: string) => AnySource | Promise<AnySource>,
  logits: Tensor,
  settings: Pick<SettingsOf<'bytes'>, 'axis' | 'binary' | 'keep'>,
): Promise<{ kept: AnySource[]; left: string[] }> {
  const [kept, left]: [AnySource[], string[]] = [[], []]
  const { keep } = settings
  if (keep === false) return { kept, left }
  const isKept = keptTest(keep, [], [])
  for (const name of names) {
    const array = isReserved(name, logits) ? undefined : await sourceOrNone(() => open(name))
    if (array && isPerRow(array.tensor, logits, settings)) kept.push(array)
    else {
      await array?.bytes.close?.()
      if (typeof keep !== 'boolean' && isNamed(keep, name)) throw notPerRow(name)
      if (isKept(name)) left.push(name)
    }
  }
  return { kept, left }
}

/** The error for an array that cannot be selected. */
function notPerRow(item: string): SoftmaxError {
  const reason = 'is an array without one number or text for each row, which is never copied'
  return new SoftmaxError('E_SELECTOR', { item, reason, option: 'keep' })
}

/** Whether a name is that of the logits, or of positions along an axis. */
function isReserved(name: string, { sizes }: Tensor): boolean {
  return name === 'logits' || (sizes.length > 2 && /^i\d+$/.test(name))
}

/** Opens an array, if it has a type that is read. */
async function sourceOrNone(open: () => AnySource | Promise<AnySource>): Promise<AnySource | undefined> {
  try {
    return await open()
  } catch (error) {
    if (SoftmaxError.is(error, 'E_TYPE')) return undefined
    throw error
  }
}

/** Whether an array has a value for each row of the logits, in their order. */
export function isPerRow(
  { sizes, fortran }: Tensor<ArrayLayout>,
  logits: Tensor,
  { axis = -1, binary }: Pick<SettingsOf<'bytes'>, 'axis' | 'binary'>,
): boolean {
  const all = binary !== undefined && logits.sizes.length === 1 ? [...logits.sizes, 1] : logits.sizes
  const rows = all.toSpliced(axis < 0 ? all.length + axis : axis, 1)
  if (rows.length === 0 || (fortran && sizes.filter((size) => size !== 1).length > 1)) return false
  return tuple(sizes) === tuple(rows) || tuple(sizes) === tuple([...rows, 1])
}

/** The column of an array. */
export function keptColumn({ name, tensor }: AnySource): Column {
  return columnOf({ name, type: typeOf(tensor.layout), nullable: false })
}

/** The type of the values; Arrow has no bfloat16. */
function typeOf({ kind, bytes }: ArrayLayout): DataType {
  if (kind === 'U') return TEXT
  if (kind === '?') return { kind: 'bool' }
  if (kind === 'b') return { kind: 'float', bitWidth: 32 }
  const bitWidth = (8 * bytes) as 8 | 16 | 32 | 64
  return kind === 'f' ? { kind: 'float', bitWidth: bitWidth as 64 } : { kind: 'int', bitWidth, signed: kind === 'i' }
}

/** Reads the values of an array with one per row. */
export function keptValues(format: string, { name, tensor, bytes }: AnySource): RowValues {
  const { layout, sizes } = tensor
  const rows = sizes.reduce((product, size) => product * size, 1)
  const reader = new ByteReader(bytes.chunks())
  return {
    async take(length) {
      const part = await reader.take(length * layout.bytes)
      if (part.length < length * layout.bytes) throw corruptData(format, `${shown(name)} ends before its ${rows} rows`)
      return layout.kind === 'U' ? textsIn(part, layout, length, { format, name }) : columnIn(part, layout, length)
    },
    async end() {
      if ((await reader.take(1)).length > 0)
        throw corruptData(format, `more bytes follow the ${rows} rows of ${shown(name)}`)
    },
    close: () => reader.close(),
  }
}

function columnIn(bytes: Buffer, layout: NumberLayout, length: number): ColumnData {
  const type = typeOf(layout)
  if (type.kind === 'bool') return buildColumn(Array.from(bytes, Boolean), 'boolean')
  if (layout.kind === 'b') return { type, length, nullCount: 0, values: readNumbers(bytes, layout) as Float32Array }
  const { buffer, byteOffset } = nativeBytes(bytes, layout)
  return { type, length, nullCount: 0, values: new (arrayOf(type))(buffer, byteOffset, length) }
}

/** Throws E_CORRUPT for what are not characters. */
function textsIn(
  bytes: Buffer,
  { bytes: size, bigEndian }: TextLayout,
  length: number,
  of: { format: string; name: string },
): ColumnData {
  const { buffer, byteOffset } = nativeBytes(bytes, { kind: 'u', bytes: 4, bigEndian })
  const width = size / 4
  const characters = new Uint32Array(buffer, byteOffset, width * length)
  const texts = Array.from({ length }, (_, row) => textOf(characters.subarray(row * width, (row + 1) * width)))
  if (!texts.every((text) => text?.isWellFormed()))
    throw corruptData(of.format, `${shown(of.name)} has characters that are not Unicode`)
  return buildColumn(texts as string[], 'text')
}

/** The text of characters that zeros may follow; undefined if one of them is beyond Unicode. */
function textOf(characters: Uint32Array): string | undefined {
  let { length } = characters
  while (length > 0 && characters[length - 1] === 0) length--
  let text = ''
  for (const character of characters.subarray(0, length)) {
    if (character > LAST_CHARACTER) return undefined
    text += String.fromCodePoint(character)
  }
  return text
}

const LAST_CHARACTER = 0x10ffff
