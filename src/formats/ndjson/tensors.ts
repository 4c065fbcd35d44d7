/**
 * The tensors of an inference server response (KServe protocol): which one most likely holds the logits, and a program
 * that converts its rows to lines.
 */
import { shown } from '../../core/errors.js'
import { optionText } from '../../core/option-words.js'
import { nestingIn } from './nested.js'
import type { Row } from './row.js'

/** A tensor: a flat list with a shape, or nested lists. */
export interface Tensor {
  name?: unknown
  datatype?: unknown
  shape?: unknown
  data: unknown[]
}

/** The tensors of `outputs`; empty if it is something else. */
export function tensorsIn(outputs: unknown): Tensor[] {
  const isTensor = (one: unknown): one is Tensor => Array.isArray((one as Tensor | null)?.data)
  return Array.isArray(outputs) && outputs.every(isTensor) ? outputs : []
}

/** Whether a tensor has rows of numbers. */
export function mayHoldLogits({ data: [first], shape }: Tensor): boolean {
  return Array.isArray(first) || (typeof first === 'number' && Array.isArray(shape))
}

/** The index of the most likely logits tensor: by name, otherwise the first one of floats. */
function logitsTensor(tensors: readonly Tensor[]): number {
  const find = (test: (tensor: Tensor) => boolean) => tensors.findIndex((one) => mayHoldLogits(one) && test(one))
  const candidates = [find(({ name }) => /logit/i.test(String(name))), find(areFloats), find(() => true)]
  return candidates.find((index) => index >= 0) ?? 0
}

/** Decided by the declared type, otherwise by the values. */
function areFloats({ datatype, data }: Tensor): boolean {
  if (typeof datatype === 'string') return /^(?:FP|BF|float|double)/i.test(datatype)
  return data.flat(Number.POSITIVE_INFINITY).some((item) => typeof item === 'number' && !Number.isInteger(item))
}

/** The jq program that converts each row to a line. */
export function programOf(tensors: readonly Tensor[]): string {
  const index = logitsTensor(tensors)
  if (Array.isArray(tensors[index]!.data[0])) return `.outputs[${index}].data[]`
  return `.outputs[${index}] | .shape[-1] as $n | .data | _nwise($n)`
}

/** Describes the tensors, if there are several, and the option that reads one of them as a row. */
export function tensorWords(value: object, tensors: readonly Tensor[]): string {
  const path = ['outputs', String(logitsTensor(tensors)), 'data']
  const one = nestingIn(value as Row, path) && `${optionText('logits', path.join('.'))} reads it as one row`
  const names = tensors.map(({ name }, index) => `${index} ${shown(String(name ?? ''))}`).join(', ')
  const all = tensors.length > 1 && `its outputs are ${names}`
  return [one, all].map((words) => (words ? `; ${words}` : '')).join('')
}
