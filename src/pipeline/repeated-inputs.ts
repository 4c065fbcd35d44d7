/** Inputs that are read repeatedly: files directly, anything else from a temporary copy made by the first pass. */
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { TempFile } from '../io/temp-file.js'
import { inputOf } from './file-input.js'
import { inputName, type SourceNames } from './input-names.js'
import type { Input } from './open-input.js'
import type { Stats } from './row-counts.js'

export class RepeatedInputs {
  readonly #files: readonly (string | Readable)[]
  readonly #source: SourceNames
  /** By position, as an input may be listed twice. */
  readonly #copies = new Map<number, TempFile>()

  /** `source` names streams in messages. */
  constructor(files: readonly (string | Readable)[], source: SourceNames) {
    this.#files = files
    this.#source = source
  }

  /** Opens the inputs for one pass; bytes read are counted. */
  async open(stats: Stats): Promise<Input[]> {
    const inputs: Input[] = []
    for (const [nth, file] of this.#files.entries()) inputs.push(await this.#inputOf(file, nth, stats))
    return inputs
  }

  async #inputOf(file: string | Readable, nth: number, stats: Stats): Promise<Input> {
    const copy = this.#copies.get(nth)
    const name = inputName(file, this.#files, this.#source)
    if (copy) return { name, chunks: copy.chunks() }
    const { file: backing, ...input } = inputOf(file, name, stats)
    if (backing && (await stat(backing.path)).isFile()) return { ...input, file: backing }
    return { ...input, chunks: this.#copied(nth, input.chunks) }
  }

  async *#copied(nth: number, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
    const copy = await TempFile.open()
    this.#copies.set(nth, copy)
    for await (const chunk of chunks) {
      await copy.write(chunk)
      yield chunk
    }
  }

  /** Removes the temporary files. */
  async close(): Promise<void> {
    for (const copy of this.#copies.values()) await copy.close()
  }
}
