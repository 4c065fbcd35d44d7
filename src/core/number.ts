/**
 * Converts numbers from and to text, the slow and certain way: a cell is checked against the grammar and then parsed by
 * `Number`; a result is printed by `String`.
 *
 *     cell    = *(space / tab) (number / special) *(space / tab)
 *     number  = [+-] (1*D ["." *D] / "." 1*D) [(e / E) [+-] 1*D]
 *     special = [+-] ("inf" / "infinity" / "nan")            any case, ASCII
 */

const NUMBER = /^[ \t]*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[ \t]*$/
const SPECIAL = /^[ \t]*([+-]?)(?:(inf(?:inity)?)|nan)[ \t]*$/i

/** Whether a text matches the grammar, including special values. */
export function isNumber(text: string): boolean {
  return NUMBER.test(text) || SPECIAL.test(text)
}

/**
 * The double nearest to a cell, or undefined if the cell does not match the grammar. Overflow gives infinity, which
 * {@link isOverflow} distinguishes from a written one.
 */
export function readNumber(text: string): number | undefined {
  const value = isPlain(text) ? Number(text) : Number.NaN
  if (!Number.isNaN(value)) return value
  if (NUMBER.test(text)) return Number(text)
  const special = SPECIAL.exec(text)
  if (!special) return undefined
  if (!special[2]) return Number.NaN
  return special[1] === '-' ? -Infinity : Infinity
}

/**
 * True for most cells, at a tenth of the grammar's cost: `-12.5` begins with a digit or a minus, continues with digits
 * or points, and ends in a digit. For such texts, `Number` gives NaN unless they match the grammar.
 */
function isPlain(text: string): boolean {
  const [first, second, last] = [text.charCodeAt(0), text.charCodeAt(1), text.charCodeAt(text.length - 1)]
  return (isDigit(first) || first === MINUS) && (isDigit(second) || second === POINT) && isDigit(last)
}

const MINUS = 45
const POINT = 46

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/**
 * Swaps commas and points: turns a number with a decimal comma into one of the grammar. A text with other letters, such as
 * `n.a.`, stays as it is.
 */
export function withPoint(text: string): string {
  return /[.,]/.test(text) && /^[-+\d.,e\s]+$/i.test(text)
    ? text.replace(/[.,]/g, (separator) => (separator === ',' ? '.' : ','))
    : text
}

/** Whether an infinite value was written as a finite number: `1e400`. */
export function isOverflow(value: number, text: string): boolean {
  return Math.abs(value) === Infinity && NUMBER.test(text)
}

/** How results are rounded before they are printed: `precision` significant digits of a double or a float32. */
export interface Rounding {
  precision: number | undefined
  float32: boolean
}

/**
 * Creates the function that prints results, separated by commas: each in the fewest digits that round-trip as a double
 * (or float32), or in at most `precision` significant digits, in JavaScript's notation.
 *
 * Finite numbers look the same in JSON as from `String`, and JSON prints a list of them in two thirds of the time.
 */
export function printer({ precision, float32 }: Rounding): (values: number[]) => string {
  const rounded = float32 ? Math.fround : (value: number) => value
  if (precision !== undefined)
    return (values) => join(values, (value) => String(Number(rounded(value).toPrecision(precision))))
  if (float32) return (values) => join(values, printFloat32)
  return (values) => {
    const text = JSON.stringify(values)
    return text.includes('n') ? join(values, String) : text.slice(1, -1)
  }
}

function join(values: number[], print: (value: number) => string): string {
  return values.map((value) => print(value)).join()
}

/** The value that {@link printer} prints, as a number. */
export function rounder({ precision, float32 }: Rounding): (value: number) => number {
  const narrow = float32 ? Math.fround : (value: number) => value
  return precision === undefined ? narrow : (value) => Number(narrow(value).toPrecision(precision))
}

/** Prints the float32 nearest to `value`: see {@link shortestFloat32}. */
export function printFloat32(value: number): string {
  return String(shortestFloat32(value))
}

/**
 * The double of the shortest decimal that round-trips as the float32 nearest to `value`, and the closest among the
 * shortest. Nine digits always suffice. Decimals of up to six digits survive a normal float32, so fewer digits are not
 * tried: zeros at the end are not printed.
 */
export function shortestFloat32(value: number): number {
  const single = Math.fround(value)
  if (!Number.isFinite(single)) return single
  const magnitude = Math.abs(single)
  for (let digits = magnitude < LEAST_NORMAL ? 1 : 6; digits < 9; digits++) {
    const nearest = single.toPrecision(digits)
    if (Math.fround(Number(nearest)) === single) return Number(nearest)
    if (!isPowerOfTwo(magnitude)) continue
    const above = nextDecimal(nearest)
    if (Math.fround(above) === single) return above
  }
  return Number(single.toPrecision(9))
}

const LEAST_NORMAL = 2 ** -126

/**
 * Where the interval of decimals that round-trip is half as wide below the value as above it: there, the next decimal up
 * may fit when the nearest one, below, does not.
 */
function isPowerOfTwo(magnitude: number): boolean {
  return magnitude === 2 ** Math.round(Math.log2(magnitude))
}

/** The decimal one unit in the last place further from zero. */
function nextDecimal(text: string): number {
  const [, sign, integer, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(.+))?$/.exec(text) ?? []
  return Number(`${sign}${BigInt(integer + fraction) + 1n}e${Number(exponent) - fraction.length}`)
}
