/** What the host sees of the kernel. */
export * from './offsets'
export { countLines, scoreCsv } from './csv'
export { scoreNdjson } from './ndjson'
export { accumulate, begin, divide, emit, finish, scan, scoreRows } from './softmax'
export { drain, select, selectRows } from './top-k'

/** The first byte that is the host's to use. */
export function heapBase(): usize {
  return __heap_base
}
