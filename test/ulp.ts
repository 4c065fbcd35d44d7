/** The distance of two doubles in ulps: 0 means the same bits, except the sign of zero. */
export function ulps(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.POSITIVE_INFINITY
  const distance = order(a) - order(b)
  return Number(distance < 0n ? -distance : distance)
}

const view = new DataView(new ArrayBuffer(8))

/** The index of a double in the order of all doubles. */
function order(value: number): bigint {
  view.setFloat64(0, value)
  const bits = view.getBigInt64(0)
  return bits < 0n ? -(bits & 0x7fff_ffff_ffff_ffffn) : bits
}
