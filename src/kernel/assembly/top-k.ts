/**
 * The k largest logits of a row, the first if tied: a heap of k entries whose root is evicted next.
 *
 * An entry is 16 bytes: a key (i64) ordered like the logits, with NaN above all, and a position (u32). At worst k log k
 * + n log k steps, whatever the order of the logits.
 */

/** The size of an entry. */
const ENTRY_SIZE: usize = 16

/**
 * Adds the logits from `at` on, the first of which has the position `base`, to a heap that has `size` of `k` entries.
 */
export function select(at: usize, count: u32, base: u32, heap: usize, size: u32, k: u32): u32 {
  for (let i: u32 = 0; i < count; i++) {
    const key = keyOf(load<f64>(at + ((<usize>i) << 3)))
    if (size < k) siftUp(heap, size++, key, base + i)
    else if (key > load<i64>(heap)) siftDown(heap, k, key, base + i)
  }
  return size
}

/** Writes the positions (u32) of the entries to `out`, in descending order of logits. Consumes the heap. */
export function drain(heap: usize, size: u32, out: usize): void {
  while (size > 0) {
    store<u32>(out + ((<usize>--size) << 2), load<u32>(heap, 8))
    const last = heap + (<usize>size) * ENTRY_SIZE
    siftDown(heap, size, load<i64>(last), load<u32>(last, 8))
  }
}

/** The positions of the k largest logits of contiguous rows: k per row, at `out`. */
export function selectRows(at: usize, rows: u32, classes: u32, k: u32, heap: usize, out: usize): void {
  for (let row: u32 = 0; row < rows; row++) {
    drain(heap, select(at, classes, 0, heap, 0, k), out)
    at += (<usize>classes) << 3
    out += (<usize>k) << 2
  }
}

/** An integer ordered like x; NaN above all, -0 equal to 0. */
// @ts-ignore: decorator
@inline
function keyOf(x: f64): i64 {
  const bits = reinterpret<i64>(x + 0)
  return x != x ? i64.MAX_VALUE : bits ^ ((bits >> 63) & i64.MAX_VALUE)
}

/** Whether the entry (key, position) is evicted before the one at `entry`: smaller, or equal and later. */
// @ts-ignore: decorator
@inline
function goesBefore(key: i64, position: u32, entry: usize): bool {
  const other = load<i64>(entry)
  return key < other || (key == other && position > load<u32>(entry, 8))
}

function siftUp(heap: usize, slot: u32, key: i64, position: u32): void {
  while (slot > 0) {
    const parent = (slot - 1) >> 1
    const entry = heap + (<usize>parent) * ENTRY_SIZE
    if (!goesBefore(key, position, entry)) break
    put(heap, slot, load<i64>(entry), load<u32>(entry, 8))
    slot = parent
  }
  put(heap, slot, key, position)
}

/** Replaces the root by an entry and sifts it down in a heap of `size`. */
function siftDown(heap: usize, size: u32, key: i64, position: u32): void {
  let slot: u32 = 0
  while (true) {
    let child: u32 = 2 * slot + 1
    if (child >= size) break
    let entry = heap + (<usize>child) * ENTRY_SIZE
    const right = entry + ENTRY_SIZE
    if (child + 1 < size && goesBefore(load<i64>(right), load<u32>(right, 8), entry)) {
      entry = right
      child++
    }
    if (goesBefore(key, position, entry)) break
    put(heap, slot, load<i64>(entry), load<u32>(entry, 8))
    slot = child
  }
  put(heap, slot, key, position)
}

// @ts-ignore: decorator
@inline
function put(heap: usize, slot: u32, key: i64, position: u32): void {
  const entry = heap + (<usize>slot) * ENTRY_SIZE
  store<i64>(entry, key)
  store<u32>(entry, position, 8)
}
