/** Properties of objects that are invisible to their owner: they are not copied, listed or written as JSON. */

/** A private field, added once per object. A WeakMap took six times as long, and much garbage collection. */
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

/** A constructor that returns its argument, so that the fields of a subclass are added to that. */
function itself(object: object): object {
  return object
}
