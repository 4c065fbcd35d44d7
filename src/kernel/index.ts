/** What the host calls. */
export { accumulate, begin, divide, emit, finish, scan, scoreRow } from './softmax'
export { drain, select } from './top'

/** The first byte that is the host's to use. */
export function heapBase(): usize {
  return __heap_base
}
