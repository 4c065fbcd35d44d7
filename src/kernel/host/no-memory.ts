/** Memory that the system does not give to WebAssembly: address space that it reserves, or bytes that it would use. */
export class NoMemory extends Error {
  /** An error from another thread has its properties, and not its class. */
  readonly code = 'E_MEMORY'
  readonly of: 'address space' | 'memory'
  readonly bytes: number

  constructor(of: NoMemory['of'], bytes: number, cause: unknown) {
    super(`WebAssembly gets no ${of}`, { cause })
    this.of = of
    this.bytes = bytes
  }
}
