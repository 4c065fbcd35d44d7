/** The system refuses WebAssembly memory: address space to reserve, or bytes to commit. */
export class NoMemory extends Error {
  /** An error from another thread keeps its properties, but not its class. */
  readonly code = 'E_MEMORY'
  readonly of: 'address space' | 'memory'
  readonly bytes: number

  constructor(of: NoMemory['of'], bytes: number, cause: unknown) {
    super(`WebAssembly cannot allocate ${of}`, { cause })
    this.of = of
    this.bytes = bytes
  }
}
