/** The shape that objects declare next to a flat list of numbers, as those of inference servers and tensors do. */
import { printable, shortened, shown } from './errors.js'
import { kindOf } from './kind-of.js'
import { DEEPEST } from './nesting.js'

/** The keys of a shape; the first one that is a list counts. ONNX Runtime has `dims`. */
export const SHAPE_KEYS = ['shape', 'dims'] as const

/** The key of a tensor's numbers: a shape next to it is certainly theirs. */
const TENSOR = 'data'

/** The shape next to a list. */
export interface DeclaredShape {
  key: (typeof SHAPE_KEYS)[number]
  /** The axis lengths; undefined if their product is not the length of the list. */
  sizes?: number[]
  /** That the list does not match it. */
  mismatch: string
  /** Whether the list has the name of the numbers of a tensor, so that its shape must match. */
  isTensor: boolean
}

/** The shape declared for the list with this name in an object; undefined if there is none, or the list is nested. */
export function declaredShape(list: unknown, parent: unknown, name: string | undefined): DeclaredShape | undefined {
  if (name === undefined || isShapeKey(name)) return undefined
  if (typeof parent !== 'object' || parent === null || Array.isArray(parent)) return undefined
  const key = SHAPE_KEYS.find((key) => Object.hasOwn(parent, key) && isList((parent as Record<string, unknown>)[key]))
  if (key === undefined || !isList(list)) return undefined
  const shape = Array.from((parent as Record<string, ArrayLike<unknown>>)[key]!)
  const isTensor = name === TENSOR
  if (!mayBelong(shape, list, isTensor)) return undefined
  const sizes = sizesOf(list, shape)
  return { key, ...(sizes && { sizes }), isTensor, mismatch: mismatchOf(key, shape, list) }
}

/** Whether a key is that of a shape. */
export function isShapeKey(key: string): boolean {
  return SHAPE_KEYS.some((shape) => shape === key)
}

/** Whether a shape nests its list, so that it does not hold one row of logits. */
export function nests({ sizes = [] }: DeclaredShape): boolean {
  return sizes.length > 1
}

/** Whether a flat list is no row of logits: it is nested, or a tensor whose shape does not match. */
export function isNoRow(declared: DeclaredShape): boolean {
  return declared.sizes ? nests(declared) : declared.isTensor
}

/** Whether a nested list has one row of logits, as a batch of one has. */
export function isOneRow({ sizes = [] }: DeclaredShape): boolean {
  return sizes.length > 0 && sizes.slice(0, -1).every((size) => size === 1)
}

/** The error of a row whose shape nests its list, or does not match it. */
export function shapeReason({ mismatch }: DeclaredShape): string {
  return `${mismatch}, or differs from the first row`
}

/** The warning that the shape next to the logits is not theirs. */
export function ignoredShapeWarning(name: string, { mismatch }: DeclaredShape): string {
  return `${shown(name)}: ${mismatch}, so it is ignored: each list is one row of logits`
}

/** Turns a flat list into nested ones. */
export function nestedLists(list: ArrayLike<unknown>, [size = 0, ...sizes]: readonly number[]): unknown[] {
  if (sizes.length === 0) return Array.from(list)
  const step = sizes.reduce((all, one) => all * one, 1)
  const items = Array.from(list)
  return Array.from({ length: size }, (_, index) => nestedLists(items.slice(index * step, (index + 1) * step), sizes))
}

/** Whether a list may be the shape of another: next to numbers of another name, it has integers only. */
function mayBelong(shape: readonly unknown[], list: ArrayLike<unknown>, isTensor: boolean): boolean {
  const items = Array.from(list)
  if (items.some(isList)) return false
  if (isTensor) return true
  return shape.length > 0 && shape.every(isSize) && (items.length === 0 || items.some(isNumeric))
}

/**
 * The axis lengths, if their product matches the number of values; with zero classes, the number of rows would be
 * arbitrary.
 */
function sizesOf(list: ArrayLike<unknown>, shape: readonly unknown[]): number[] | undefined {
  const areFew = shape.length > 0 && shape.length <= DEEPEST + 1
  if (!areFew || !shape.every(isSize)) return undefined
  const sizes = shape as number[]
  if (sizes.slice(1).includes(0)) return undefined
  return sizes.reduce((all, size) => all * size, 1) === list.length ? sizes : undefined
}

function isSize(size: unknown): boolean {
  return Number.isSafeInteger(size) && (size as number) >= 0
}

function isNumeric(item: unknown): boolean {
  return typeof item === 'number' || typeof item === 'bigint'
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

function mismatchOf(key: string, shape: readonly unknown[], { length }: ArrayLike<unknown>): string {
  const text = printable(shortened(textOf(shape)))
  return `its ${key} ${text} ${key === 'dims' ? 'do' : 'does'} not match its list of ${length}`
}

/** A shape as text, with more of its items than a message has; of objects only their kind, as one may contain itself. */
function textOf(shape: readonly unknown[]): string {
  const itemText = (item: unknown) => (typeof item === 'object' ? kindOf(item) : shortened(String(item)))
  return `[${shape.slice(0, MOST_ITEMS).map(itemText).join()}]`
}

/** With commas between them, longer than any text in a message. */
const MOST_ITEMS = 50
