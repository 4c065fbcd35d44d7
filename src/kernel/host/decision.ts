/** How labels are chosen of probabilities, as the kernel takes it: see `assembly/decide.ts`. */
import { type Kernel, offsetOf } from './wasm.js'

/** What a layout without any has labels by: the largest probability. */
export interface Decision {
  /** A row whose largest probability is below it, or NaN, has no label. */
  minConfidence?: number | undefined
  /** Of two classes: the least probability of the second at which that is the label. */
  threshold?: number | undefined
  /** The least probability at which each class is among the labels of a row, where these are wanted. */
  cutoffs?: readonly number[] | undefined
}

/** How many bytes a decision takes. */
export function decisionRoom({ cutoffs = [] }: Decision = {}): number {
  return offsetOf('decisionSize') + 8 * cutoffs.length
}

/** Puts a decision at an address, which is a multiple of eight; its cutoffs stand behind it. */
export function writeDecision({ memory }: Kernel, at: number, { minConfidence, threshold, cutoffs }: Decision): void {
  const behind = at + offsetOf('decisionSize')
  new Float64Array(memory.buffer, at, 2).set([minConfidence ?? Number.NaN, threshold ?? Number.NaN])
  new Uint32Array(memory.buffer, at + 16, 2).set([cutoffs ? behind : 0, 0])
  if (cutoffs) new Float64Array(memory.buffer, behind, cutoffs.length).set(cutoffs)
}

/** Where the cutoffs of a decision are. */
export function cutoffsAt(at: number): number {
  return at + offsetOf('decisionSize')
}
