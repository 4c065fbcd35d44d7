/**
 * Node's streams with types for their chunks and for the arguments of their events.
 *
 * A method may have several signatures. The first is the one that programs call. The second has untyped chunks, so that the
 * stream can be assigned to Node's types. From the last signature of the iterator, `source.compose(stream)` infers its
 * result, a stream. `pipeline` infers chunks from a function instead, so the stream also has a call signature, as if it were
 * an async generator. Its parameter is a type that no program has a value of, and not `never`, which functions with any
 * arguments do not accept: `pipeline` would not check the functions after the stream.
 */
import type { Duplex, Readable } from 'node:stream'
import type { IsUnion } from './emitted.js'

/** The arguments of the listeners of each event; with `never[]`, any function is a listener. */
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

/** The type of the events of a stream, which no stream has at run time. */
declare const events: unique symbol

/** The events of a stream; of one of several streams, those that all of them have. */
type EventsOf<Stream> = Stream extends { [events]?: infer Events } ? NonNullable<Events> : never

/** A listener; of an event with different arguments in several streams, it takes the first. */
type Listener<Args> = [Args] extends [readonly unknown[]]
  ? true extends IsUnion<Args>
    ? (first: Args[0]) => void
    : (...args: Args) => void
  : never

/**
 * Adds a listener of an event, with the types of its arguments. All streams have the same signature, so it can be called
 * without knowing which of them it is.
 */
type AddListener = <Stream, E extends keyof EventsOf<Stream>>(
  this: Stream,
  event: E,
  listener: Listener<EventsOf<Stream>[E]>,
) => Stream

/** A chunk in Node's types. */
type Untyped = ReturnType<Readable['read']>

/**
 * The result of `compose`: both a stream and a chunk, so that `pipeline` infers the chunk. If no type is both, because the
 * chunk has a property such as `closed` itself, the stream has only the members of {@link LeastStream}.
 */
type Composed<Stream, Out> = [Stream & Out] extends [never] ? LeastStream<Out> & Out : Stream & Out

/** A stream with only the members that Node's types require. */
interface LeastStream<Out> extends NodeJS.ReadableStream {
  [Symbol.asyncIterator](): NodeJS.AsyncIterator<Out>
  [Symbol.asyncIterator](this: NodeJS.ReadableStream): NodeJS.AsyncIterator<Untyped>
}

/**
 * The result of a function with a type parameter. TypeScript defers the inference of a generic function that returns a
 * function, and `pipeline` then infers too little. So while `Parameter` is unresolved, the result may also be a stream without
 * a call signature.
 */
export type Returned<Parameter, Stream> = [Parameter] extends [unknown] ? Stream : Duplex

/** A readable stream of `Out`, with additional events. */
export interface ReadableOf<Out, Events> extends Readable {
  /** For type inference only; do not call. */
  (nothing: typeof events): AsyncIterable<Out>
  /** Reads the stream to its end, chunk by chunk. */
  [Symbol.asyncIterator](): NodeJS.AsyncIterator<Out>
  /** The same in Node's types. */
  [Symbol.asyncIterator](this: NodeJS.ReadableStream): NodeJS.AsyncIterator<Untyped>
  /** For `compose`, which infers its result from this signature. */
  [Symbol.asyncIterator](nothing: never): NodeJS.AsyncIterator<Composed<this, Out>>
  read(size?: number): Out | null
  read(this: NodeJS.ReadableStream, size?: number): Untyped
  /** The same as iterating over the stream, but leaving the loop need not destroy it. */
  iterator(options?: { destroyOnReturn?: boolean }): NodeJS.AsyncIterator<Out>
  toArray(options?: { signal?: AbortSignal }): Promise<Out[]>
  /** For type inference only; it does not exist. */
  [events]?: Events & ReadableEvents<Out>
  /** Adds a listener of an event, with the types of its arguments. */
  on: AddListener
  /** Adds a listener that is called once. */
  once: AddListener
  addListener: AddListener
}

/** A duplex stream from which `Out` is read, with additional events. */
export interface DuplexOf<Out, Events> extends Duplex {
  /** For type inference only; do not call. */
  (nothing: typeof events): AsyncIterable<Out>
  /** Reads the stream to its end, chunk by chunk. */
  [Symbol.asyncIterator](): NodeJS.AsyncIterator<Out>
  /** The same in Node's types. */
  [Symbol.asyncIterator](this: NodeJS.ReadableStream): NodeJS.AsyncIterator<Untyped>
  /** For `compose`, which infers its result from this signature. */
  [Symbol.asyncIterator](nothing: never): NodeJS.AsyncIterator<Composed<this, Out>>
  read(size?: number): Out | null
  read(this: NodeJS.ReadableStream, size?: number): Untyped
  /** The same as iterating over the stream, but leaving the loop need not destroy it. */
  iterator(options?: { destroyOnReturn?: boolean }): NodeJS.AsyncIterator<Out>
  toArray(options?: { signal?: AbortSignal }): Promise<Out[]>
  /** For type inference only; it does not exist. */
  [events]?: Events & DuplexEvents<Out>
  /** Adds a listener of an event, with the types of its arguments. */
  on: AddListener
  /** Adds a listener that is called once. */
  once: AddListener
  addListener: AddListener
}
