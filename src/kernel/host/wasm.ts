/**
 * The kernel's code and memory: WebAssembly that does all the arithmetic of the package (see `assembly/softmax.ts`), so
 * that every API gives the same bits on every machine.
 */
import { kernelCode } from '#kernel-code'
import { NoMemory } from './no-memory.js'

/** WebAssembly memory. Declared here because users need not have the types of TypeScript's DOM library. */
export interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

/** Functions of `assembly/index.ts`; addresses and sizes are in bytes, counts in logits. */
export interface Kernel {
  memory: Memory
  heapBase(): number
  /** See `assembly/pipeline.ts`. */
  scoreCsv(at: number, end: number, out: number, limit: number, job: number): number
  scoreCsvRequoted(at: number, end: number, out: number, limit: number, job: number): number
  scoreCsvToNdjson(at: number, end: number, out: number, limit: number, job: number): number
  scoreVariant(at: number, end: number, out: number, limit: number, job: number): number
  scoreVariantRequoted(at: number, end: number, out: number, limit: number, job: number): number
  scoreVariantToNdjson(at: number, end: number, out: number, limit: number, job: number): number
  scoreLines(at: number, end: number, out: number, limit: number, job: number): number
  scoreMembers(at: number, end: number, out: number, limit: number, job: number): number
  scoreMembersToCsv(at: number, end: number, out: number, limit: number, job: number): number
  /** See `assembly/columns.ts`. */
  addCsv(at: number, end: number, job: number): number
  addVariant(at: number, end: number, job: number): number
  addMembers(at: number, end: number, job: number): number
  packKept(job: number): void
  /** See `assembly/cells.ts`. */
  writeCells(rows: number, table: number, out: number): number
  /** See `assembly/decide.ts`. */
  markMembers(
    at: number,
    values: number,
    count: number,
    state: number,
    flags: number,
    cutoffs: number,
    out: number,
  ): void
  probabilityOf(logit: number, state: number, flags: number): number
  /** See `assembly/row-evaluation.ts`, `assembly/metrics.ts` and `assembly/truth.ts`. */
  beginWide(evaluation: number, state: number, truth: number, logit: number, least: number): void
  endRowEvaluation(state: number, logit: number, flags: number, evaluation: number): void
  evaluateChunk(
    at: number,
    values: number,
    count: number,
    base: number,
    state: number,
    logit: number,
    flags: number,
    evaluation: number,
  ): void
  beginMultiLabel(evaluation: number, state: number, truth: number): void
  evaluateMultiLabel(
    at: number,
    values: number,
    count: number,
    state: number,
    truths: number,
    members: number,
    probabilities: number,
    flags: number,
    evaluation: number,
  ): void
  endMultiLabel(classes: number, evaluation: number): void
  addClasses(metrics: number, at: number, truths: number, count: number): void
  addEvaluated(metrics: number, at: number, rows: number): void
  addRanks(metrics: number, at: number, probabilities: number, rows: number): void
  addMetrics(metrics: number, other: number): void
  beginMetrics(
    metrics: number,
    classes: number,
    hasConfusion: number,
    shift: number,
    lowest: number,
    rocClasses: number,
  ): void
  metricsRoom(classes: number, hasConfusion: number, shift: number, rocClasses: number): number
  rocBins(classes: number): number
  addTruth(at: number, length: number, index: number, job: number): void
  measureCsv(at: number, end: number, out: number, limit: number, job: number): number
  measureVariant(at: number, end: number, out: number, limit: number, job: number): number
  measureLines(at: number, end: number, out: number, limit: number, job: number): number
  measureMembers(at: number, end: number, out: number, limit: number, job: number): number
  /** See `assembly/snappy.ts`. */
  compressBlock(start: number, end: number, out: number): number
  uncompress(at: number, end: number, out: number, limit: number): number
  packLevels(at: number, count: number, out: number): void
  /** See `assembly/runs.ts`. */
  readRuns(
    bytes: number,
    end: number,
    total: number,
    width: number,
    out: number,
    count: number,
    size: number,
    state: number,
  ): number
  writeRuns(numbers: number, count: number, width: number, out: number): number
  /** See `assembly/texts.ts`. */
  rangeOfTexts(texts: number, offsets: number, count: number, range: number): void
  packTexts(
    texts: number,
    offsets: number,
    positions: number,
    count: number,
    out: number,
    ends: number,
    first: number,
  ): number
  countDistinct(texts: number, offsets: number, count: number): number
  writeTexts(texts: number, offsets: number, count: number, out: number): number
  /** See `assembly/columns.ts`. */
  roundDoubles(at: number, count: number, digits: number, float32: number): void
  /** See `assembly/ranges.ts`. */
  rangeOfDoubles(at: number, count: number, range: number): void
  rangeOfFloats(at: number, count: number, range: number): void
  rangeOfIntegers(at: number, count: number, flip: number, range: number): void
  rangeOfLongs(at: number, count: number, flip: number, range: number): void
  countLines(at: number, end: number, newline: number): number
  setTemperature(at: number, temperature: number): void
  begin(state: number, temperature: number): void
  scan(at: number, count: number, base: number, state: number): void
  accumulate(at: number, count: number, base: number, state: number, scratch: number, flags: number): void
  finish(state: number, flags: number): void
  emit(at: number, count: number, state: number, scratch: number, out: number, flags: number): void
  /** See `assembly/matrix.ts`. */
  scoreMatrix(
    at: number,
    rows: number,
    classes: number,
    states: number,
    scratch: number,
    out: number,
    flags: number,
    temperature: number,
    results: number,
  ): number
  scoreColumns(
    at: number,
    rows: number,
    classes: number,
    stride: number,
    states: number,
    scratch: number,
    out: number,
    copies: number,
    temperature: number,
    results: number,
  ): number
  takeStates(states: number, row: number, rows: number, flags: number, results: number): number
  splitRows(at: number, rows: number, classes: number, out: number, stride: number, narrow: number): void
  joinDoubles(at: number, rows: number, out: number, width: number): void
  joinFloats(at: number, rows: number, out: number, width: number): void
  select(at: number, count: number, base: number, heap: number, size: number, k: number): number
  drain(heap: number, size: number, out: number): void
  selectRows(at: number, rows: number, classes: number, k: number, heap: number, out: number): void
}

/** The compiled kernel for shared memory and for unshared memory, which is copied to and from twice as fast. */
export interface KernelModules {
  shared?: object
  own?: object
}

/** The modules compiled so far. */
const modules: KernelModules = {}

/** Takes modules that another thread has compiled. */
export function useModules(compiled: KernelModules): void {
  Object.assign(modules, compiled)
}

/** The module for one kind of memory, compiled on first use. */
export function kernelModule(kind: keyof KernelModules): object {
  modules[kind] ??= new WebAssembly.Module(kind === 'shared' ? kernelCode() : ofOneThread(kernelCode()))
  return modules[kind]
}

/**
 * The code with its memory import changed to unshared: the flags are the byte after the names of the import
 * (https://webassembly.github.io/threads/core/binary/types.html#limits).
 */
function ofOneThread(code: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const own = Uint8Array.from(code)
  own[Buffer.from(own.buffer).indexOf(MEMORY_IMPORT) + MEMORY_IMPORT.length] = HAS_MAXIMUM
  return own
}

const MEMORY_IMPORT = '\x03env\x06memory\x02'
const HAS_MAXIMUM = 1
/** In pages of 64 KiB: 1 GiB. */
const MOST_PAGES = 1 << 14

/** Allocates shareable memory for a kernel, of `bytes` bytes that can grow to 1 GiB. Throws NoMemory. */
function newMemory(bytes: number): Memory {
  return reserved({ initial: Math.ceil(bytes / 65536), maximum: MOST_PAGES, shared: true })
}

function reserved(size: WebAssembly.MemoryDescriptor): Memory {
  try {
    return new WebAssembly.Memory(size)
  } catch (cause) {
    throw new NoMemory('address space', size.initial * 65536, cause)
  }
}

/** The names of the offsets that `assembly/offsets.ts` exports: the size of a struct, or the offset of a field. */
type OffsetName =
  | `${'rowState' | 'temperature' | 'rowEntry' | 'job' | 'decision' | 'truthText' | 'metrics' | 'exactSum'}Size`
  | `job_${string}`

/** An offset in bytes, as exported by the kernel. */
export function offsetOf(name: OffsetName): number {
  first ??= ownKernel()
  return (first as unknown as Record<OffsetName, WebAssembly.Global<'i32'>>)[name].value
}

/** Any kernel: all have the same offsets. */
let first: Kernel | undefined

/** Creates a kernel with shareable memory, or for existing memory. */
export function newKernel(memory = newMemory(1 << 20)): Kernel {
  return instanceOf('shared', memory)
}

function instanceOf(kind: keyof KernelModules, memory: Memory): Kernel {
  const { exports } = new WebAssembly.Instance(kernelModule(kind), { env: { memory: memory as WebAssembly.Memory } })
  const kernel = { ...exports, memory } as unknown as Kernel
  first ??= kernel
  return kernel
}

/** Grows the kernel's memory to at least `bytes` bytes. Throws NoMemory. */
export function growMemory({ memory }: Kernel, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength
  if (missing <= 0) return
  try {
    memory.grow(Math.ceil(missing / 65536))
  } catch (cause) {
    throw new NoMemory('memory', missing, cause)
  }
}

/** Idle kernels: each takes address space that is released late, so they are reused. */
const idle: Kernel[] = []

/** Borrows a kernel; its memory has arbitrary contents. */
export function borrowKernel(): Kernel {
  return idle.pop() ?? newKernel()
}

/**
 * Returns a kernel from {@link borrowKernel}; it is dropped if its memory grew for very wide rows, or if there are
 * enough.
 */
export function returnKernel(kernel: Kernel): void {
  if (idle.length < MOST_IDLE && kernel.memory.buffer.byteLength <= ORDINARY) idle.push(kernel)
}

const MOST_IDLE = 8
const ORDINARY = 1 << 24

/** Memories of finished workers: fresh ones for each run would add up, as memory is released late. */
const idleMemories: Memory[] = []

/** Borrows memory of at least `bytes` bytes for the kernel of a worker; its contents are arbitrary. */
export function borrowMemory(bytes: number): Memory {
  const at = idleMemories.findIndex(({ buffer }) => buffer.byteLength >= bytes)
  return at < 0 ? newMemory(bytes) : idleMemories.splice(at, 1)[0]!
}

/**
 * Returns memories from {@link borrowMemory} that no thread uses any more; as many are kept as were in use at a time.
 */
export function returnMemories(memories: readonly Memory[]): void {
  idleMemories.push(...memories.filter(({ buffer }) => buffer.byteLength <= ORDINARY))
}

/** The kernel of this thread, for synchronous use. Views of its memory become invalid when it grows. */
export function ownKernel(): Kernel {
  own ??= instanceOf('own', reserved({ initial: 16, maximum: MOST_PAGES }))
  return own
}

let own: Kernel | undefined
