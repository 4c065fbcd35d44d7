/**
 * A pipe, read into blocks. A program that writes a few KiB at a time, as Spark does, costs a stream of Node's a chunk with memory
 * of its own and several queues for each, which takes more time than scoring. So bytes are read into one block after the other,
 * and a pipe that fills slowly is not read before most of it should be full.
 */
import { readSync } from 'node:fs'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { acquireJoined, acquireWhole, recycle, releasableOf } from './buffer-pool.js'

/** How many bytes are read at once: what a pipe of Linux holds. */
const MOST_READ = 1 << 16
/** How many bytes should be in the pipe when it is read. */
const WORTH_READING = (MOST_READ * 3) / 4
/** The longest pause between two reads, in ms. */
const LONGEST_PAUSE = 8
/** How long bytes wait for more, in ms: until none came for a while, or for the longest. */
const PATIENCE = 1
const LONGEST = 20
/** The first bytes do not wait as long: what they are decides how the rest is scored. */
const LONGEST_AT_FIRST = 2
/** The part of a block below which its bytes are copied, and the block is filled again. */
const SMALL = 1 / 4

export class PipeStream extends Readable {
  readonly #socket: Socket
  readonly #descriptor: number
  readonly #size: number
  readonly #bytes = Buffer.allocUnsafeSlow(MOST_READ)
  /** What was read and has no room in the block. */
  #left = this.#bytes.subarray(0, 0)
  #block: Buffer
  #filled = 0
  /** When the first byte of the block came, and when the last. */
  #since = 0
  #latest = 0
  /** The pause before the next read, in ms. */
  #pause = 0
  #isWanted = false
  /** Whether the socket reads. */
  #isFlowing = false
  #hasGiven = false
  #timer: NodeJS.Timeout | undefined

  /** Reads a descriptor that is a pipe or a socket, in blocks of at most `size` bytes. */
  constructor(descriptor: number, size: number) {
    // Blocks are not joined, and the next is filled while one waits to be taken.
    super({ objectMode: true, highWaterMark: 1 })
    this.#descriptor = descriptor
    this.#size = size
    this.#block = acquireWhole(size)
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

  /** Takes in bytes that were read; whether to read on at once. */
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

  /** Moves bytes that were read into the block, as far as it has room. */
  #fill(now: number): void {
    if (this.#filled === 0) this.#since = now
    const bytes = this.#left.subarray(0, this.#size - this.#filled)
    this.#block.set(bytes, this.#filled)
    this.#filled += bytes.length
    this.#left = this.#left.subarray(bytes.length)
  }

  /** The pause after a read: each time up to twice as long, as the writer may wait for an answer. */
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

  /** Reads on after a while, and gives the block if no more bytes have come then. */
  #wait(milliseconds: number): void {
    if (this.#timer && this.#pause === 0) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // What the socket finds in the pipe is read before.
      if (!this.#readNow()) setImmediate(() => this.#giveOr())
    }, milliseconds)
  }

  /** Reads as long as there is room. */
  #flow(): void {
    this.#isFlowing = true
    this.#socket.resume()
  }

  /** Takes in what is in the pipe, and says whether that was any; for the socket, a read between two pauses is dear. */
  #readNow(): boolean {
    if (this.#isFlowing || this.#isFull) return false
    const count = this.#readSome()
    // The socket finds the end, or more.
    if (count === 0 || this.#take(count)) this.#flow()
    return count > 0
  }

  /** How many bytes were read, without waiting: the socket has put the pipe in non-blocking mode. */
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
    if (!isSmall) this.#block = acquireWhole(this.#size)
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
