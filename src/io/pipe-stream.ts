/**
 * Reads a pipe into blocks. With a writer of a few KiB at a time, such as Spark, a Node stream allocates and queues a
 * chunk per read, which takes more time than scoring. So bytes are read directly into blocks, and a pipe that fills
 * slowly is read only when it should be mostly full.
 */
import { readSync } from 'node:fs'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { acquireJoined, acquireReleasable, recycle, releasableOf } from './buffer-pool.js'

/** The read size in bytes: the capacity of a Linux pipe. */
const MOST_READ = 1 << 16
/** How many bytes should be in the pipe for a read. */
const WORTH_READING = (MOST_READ * 3) / 4
/** The longest pause between two reads, in ms. */
const LONGEST_PAUSE = 8
/** How long to wait for more bytes, in ms: until none arrived for a while, or at most. */
const PATIENCE = 1
const LONGEST = 20
/** The first bytes are delayed less, as they decide how the rest is scored. */
const LONGEST_AT_FIRST = 2
/** A block filled less than this is copied, and its memory reused. */
const SMALL = 1 / 4

export class PipeStream extends Readable {
  readonly #socket: Socket
  readonly #descriptor: number
  readonly #size: number
  readonly #bytes = Buffer.allocUnsafeSlow(MOST_READ)
  /** Bytes that were read but do not fit in the block. */
  #left = this.#bytes.subarray(0, 0)
  #block: Buffer
  #filled = 0
  /** When the first and the last byte of the block arrived. */
  #since = 0
  #latest = 0
  /** The pause before the next read, in ms. */
  #pause = 0
  #isWanted = false
  /** Whether the socket is reading. */
  #isFlowing = false
  #hasGiven = false
  #timer: NodeJS.Timeout | undefined

  /** Reads a descriptor that is a pipe or a socket, in blocks of at most `size` bytes. */
  constructor(descriptor: number, size: number) {
    // Object mode, so that blocks are not concatenated; one is buffered while the next is filled.
    super({ objectMode: true, highWaterMark: 1 })
    this.#descriptor = descriptor
    this.#size = size
    this.#block = acquireReleasable(size)
    const callback = (count: number) => {
      this.#isFlowing = this.#take(count)
      return this.#isFlowing
    }
    const onread = { buffer: this.#bytes, callback }
    const options = { fd: descriptor, writable: false, manualStart: true, onread }
    this.#socket = new Socket(options)
    this.#socket.on('end', () => this.#end())
    this.#socket.on('error', (error) => this.destroy(error))
  }

  override _read(): void {
    this.#isWanted = true
    if (this.#filled > 0 && this.#isDue(performance.now())) this.#give()
    if (this.#timer || this.#isFull) return
    this.#flow()
    if (this.#filled > 0) this.#wait(PATIENCE)
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#timer)
    this.#socket.destroy()
    callback(error)
  }

  /** Consumes bytes that were read; returns whether to continue reading immediately. */
  #take(count: number): boolean {
    const now = performance.now()
    this.#pause = count < MOST_READ ? this.#pauseAfter(count, now) : 0
    this.#latest = now
    this.#left = this.#bytes.subarray(0, count)
    this.#fill(now)
    if (this.#isWanted && this.#isDue(now)) this.#give()
    if (this.#isFull) return false
    this.#wait(Math.max(this.#pause, PATIENCE))
    return this.#pause === 0
  }

  /** Moves bytes into the block, as far as they fit. */
  #fill(now: number): void {
    if (this.#filled === 0) this.#since = now
    const bytes = this.#left.subarray(0, this.#size - this.#filled)
    this.#block.set(bytes, this.#filled)
    this.#filled += bytes.length
    this.#left = this.#left.subarray(bytes.length)
  }

  /** The pause after a read, up to twice the previous one, because the writer may be waiting for a reply. */
  #pauseAfter(count: number, now: number): number {
    const untilWorthReading = ((now - this.#latest) * WORTH_READING) / count
    return Math.floor(Math.min(untilWorthReading, Math.max(2 * this.#pause, PATIENCE), LONGEST_PAUSE))
  }

  get #isFull(): boolean {
    return this.#filled === this.#size
  }

  #isDue(now: number): boolean {
    return this.#isFull || now - this.#since > (this.#hasGiven ? LONGEST : LONGEST_AT_FIRST)
  }

  /** Continues reading after a while; if nothing more arrived, passes the block on. */
  #wait(milliseconds: number): void {
    if (this.#timer && this.#pause === 0) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // Read the pipe before the socket does.
      if (!this.#readNow()) setImmediate(() => this.#giveOr())
    }, milliseconds)
  }

  /** Lets the socket read. */
  #flow(): void {
    this.#isFlowing = true
    this.#socket.resume()
  }

  /**
   * Reads what is in the pipe; returns whether there was anything. Resuming the socket between two pauses would be
   * expensive.
   */
  #readNow(): boolean {
    if (this.#isFlowing || this.#isFull) return false
    const count = this.#readSome()
    // The socket will report the end, or more data.
    if (count === 0 || this.#take(count)) this.#flow()
    return count > 0
  }

  /** The number of bytes read, without blocking: the socket has set the pipe to non-blocking mode. */
  #readSome(): number {
    try {
      return readSync(this.#descriptor, this.#bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.destroy(error as Error)
      return 0
    }
  }

  #giveOr(): void {
    if (this.#timer || this.#filled === 0 || !this.#isWanted || this.destroyed) return
    const isQuiet = performance.now() - this.#latest >= PATIENCE
    if (!isQuiet) return void this.#wait(PATIENCE)
    this.#pause = 0
    this.#give()
  }

  #give(): void {
    this.#isWanted = false
    this.#hasGiven = true
    const bytes = this.#block.subarray(0, this.#filled)
    const isSmall = bytes.length < SMALL * this.#size
    const given = isSmall ? acquireJoined([bytes]) : releasableOf(bytes)
    if (!isSmall) this.#block = acquireReleasable(this.#size)
    this.#filled = 0
    if (this.#left.length > 0) this.#fill(this.#latest)
    this.push(given)
  }

  #end(): void {
    clearTimeout(this.#timer)
    while (this.#filled > 0) this.#give()
    recycle(this.#block)
    this.push(null)
  }
}
