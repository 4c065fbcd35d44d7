/**
 * Makes streams of readable-stream, of which through2's are, instances of Node's classes. Programs such as AWS's
 * `lib-storage` accept a stream by `instanceof Readable`, which readable-stream's are not: it is a copy of Node's code.
 *
 * A stream keeps the methods of readable-stream, and so its behaviour; only below them, Node's prototypes replace its own.
 * Once a stream is created, both libraries use its methods and state, and never test its class.
 */
import { EventEmitter } from 'node:events'
import { type Duplex, Transform, Writable } from 'node:stream'

const prototypeOf = (value: object): object => Object.getPrototypeOf(value)

/** What a class and those that it extends define, except for Node's. */
function membersOf(prototype: object): PropertyDescriptorMap {
  if (prototype === (EventEmitter.prototype as object) || prototype === Object.prototype) return {}
  const { constructor: _, ...own } = Object.getOwnPropertyDescriptors(prototype)
  return { ...membersOf(prototypeOf(prototype)), ...own }
}

/** Node's prototype for each of readable-stream's. */
const PROTOTYPES = new WeakMap<object, object>()

function rebase(value: object, base: object): void {
  const prototype = prototypeOf(value)
  if (!PROTOTYPES.has(prototype)) PROTOTYPES.set(prototype, Object.create(base, membersOf(prototype)))
  Object.setPrototypeOf(value, PROTOTYPES.get(prototype)!)
}

/** The stream itself, as an instance of Node's `Transform`, and so of `Stream`, `Readable`, `Duplex` and `Writable`. */
export function asNodeStream(stream: Duplex): Duplex {
  const { _writableState: state } = stream as Duplex & { _writableState: object }
  rebase(stream, Transform.prototype)
  // Node's Writable knows its instances by their state, as a Duplex has one prototype only.
  rebase(state, (Writable as unknown as { WritableState: { prototype: object } }).WritableState.prototype)
  return stream
}
