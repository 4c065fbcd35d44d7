/** Properties of objects that nobody sees: not their owner who copies them, lists their keys or writes them as JSON. */

/** A property of its own. An object gets it once. A WeakMap took six times as long, and much of the garbage collector's time. */
export function hiddenProperty<T>(): { put(object: object, value: T): void; get(object: object): T | undefined } {
  class Hidden extends (itself as unknown as new (object: object) => object) {
    readonly #value: T

    constructor(object: object, value: T) {
      super(object)
      this.#value = value
    }

    static get(object: object): T | undefined {
      return #value in object ? object.#value : undefined
    }
  }
  return { put: (object, value) => void new Hidden(object, value), get: Hidden.get }
}

/** A constructor that makes no object of its own: fields go to the one that it is given. */
function itself(object: object): object {
  return object
}
