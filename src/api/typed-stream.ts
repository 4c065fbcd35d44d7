/**
 * Node's streams with types for what comes out of them and for their events.
 *
 * A method that has several signatures is called by the first. The next one lets the stream pass for one of Node's, which
 * says nothing of its chunks; and from the last of the iterator `source.compose(stream)` infers what it gives. That is a
 * stream. `pipeline` would infer the same of chunks, so it gets a signature of the stream itself, as if that were an async
 * generator.
 */
import type { Duplex, Readable } from 'node:stream'

/** The arguments of the listeners of each event; where there are none, any function is a listener. */
interface ReadableEvents<Out> {
  close: never[]
  data: [chunk: Out]
  end: never[]
  error: [error: Error]
  pause: never[]
  readable: never[]
  resume: never[]
}

interface DuplexEvents<Out> extends ReadableEvents<Out> {
  drain: never[]
  finish: never[]
  pipe: [source: Readable]
  unpipe: [source: Readable]
}

type Listener<Args> = Args extends readonly unknown[] ? (...args: Args) => void : never

/** A chunk, as Node's types have it. */
type Untyped = ReturnType<Readable['read']>

/**
 * What `compose` gives: a stream, and a chunk as well, so that `pipeline` infers the chunk. Where no value is both, because a
 * chunk has a `closed` of its own, it is a stream of few members.
 */
type Composed<Stream, Out> = [Stream & Out] extends [never] ? LeastStream<Out> & Out : Stream & Out

/** A stream of the members that Node's types ask of each. */
interface LeastStream<Out> extends NodeJS.ReadableStream {
  [Symbol.asyncIterator](): NodeJS.AsyncIterator<Out>
  [Symbol.asyncIterator](this: NodeJS.ReadableStream): NodeJS.AsyncIterator<Untyped>
}

/**
 * What a function with a type parameter returns. TypeScript defers the call of a generic function that returns a function, and
 * `pipeline` infers too little then; so as long as `Parameter` is open, this may be a stream without a signature.
 */
export type Returned<Parameter, Stream> = [Parameter] extends [unknown] ? Stream : Duplex

/** A stream that `Out` is read from, with events of its own. */
export interface ReadableOf<Out, Events> extends Readable {
  /** For type inference only; do not call. */
  (nothing: never): AsyncIterable<Out>
  /** Reads the stream to its end, chunk by chunk. */
  [Symbol.asyncIterator](): NodeJS.AsyncIterator<Out>
  /** The same, as Node's types have it. */
  [Symbol.asyncIterator](this: NodeJS.ReadableStream): NodeJS.AsyncIterator<Untyped>
  /** The same, of which `compose` infers what comes out. */
  [Symbol.asyncIterator](nothing: never): NodeJS.AsyncIterator<Composed<this, Out>>
  read(size?: number): Out | null
  read(this: NodeJS.ReadableStream, size?: number): Untyped
  toArray(options?: { signal?: AbortSignal }): Promise<Out[]>
  /** Adds a listener of an event, with the types of its arguments. */
  on<E extends keyof (Events & ReadableEvents<Out>)>(
    event: E,
    listener: Listener<(Events & ReadableEvents<Out>)[E]>,
  ): this
  /** Adds a listener that is called once. */
  once<E extends keyof (Events & ReadableEvents<Out>)>(
    event: E,
    listener: Listener<(Events & ReadableEvents<Out>)[E]>,
  ): this
  addListener<E extends keyof (Events & ReadableEvents<Out>)>(
    event: E,
    listener: Listener<(Events & ReadableEvents<Out>)[E]>,
  ): this
}

/** The same of a stream that is written to as well. */
export interface DuplexOf<Out, Events> extends Duplex {
  /** For type inference only; do not call. */
  (nothing: never): AsyncIterable<Out>
  /** Reads the stream to its end, chunk by chunk. */
  [Symbol.asyncIterator](): NodeJS.AsyncIterator<Out>
  /** The same, as Node's types have it. */
  [Symbol.asyncIterator](this: NodeJS.ReadableStream): NodeJS.AsyncIterator<Untyped>
  /** The same, of which `compose` infers what comes out. */
  [Symbol.asyncIterator](nothing: never): NodeJS.AsyncIterator<Composed<this, Out>>
  read(size?: number): Out | null
  read(this: NodeJS.ReadableStream, size?: number): Untyped
  toArray(options?: { signal?: AbortSignal }): Promise<Out[]>
  /** Adds a listener of an event, with the types of its arguments. */
  on<E extends keyof (Events & DuplexEvents<Out>)>(event: E, listener: Listener<(Events & DuplexEvents<Out>)[E]>): this
  /** Adds a listener that is called once. */
  once<E extends keyof (Events & DuplexEvents<Out>)>(
    event: E,
    listener: Listener<(Events & DuplexEvents<Out>)[E]>,
  ): this
  addListener<E extends keyof (Events & DuplexEvents<Out>)>(
    event: E,
    listener: Listener<(Events & DuplexEvents<Out>)[E]>,
  ): this
}
