/** Dates, times, timestamps and durations as text, and back. */
import type { DataType, TimeUnit } from './data-type.js'
import { dayText, durationText, timeOfDayText, timestampText } from './value-text.js'

export type Temporal = Extract<DataType, { kind: 'date' } | { kind: 'timestamp' } | { kind: 'time' | 'duration' }>

/** The number of units per second, and of digits of its fraction. */
const UNITS: Readonly<Record<TimeUnit, { perSecond: bigint; digits: number }>> = {
  second: { perSecond: 1n, digits: 0 },
  millisecond: { perSecond: 1000n, digits: 3 },
  microsecond: { perSecond: 1_000_000n, digits: 6 },
  nanosecond: { perSecond: 1_000_000_000n, digits: 9 },
}

/** Creates the function that prints a stored value with all its digits. */
export function temporalText(type: Temporal): (count: bigint) => string {
  if (type.kind === 'date') return type.unit === 'day' ? (count) => dayText(Number(count)) : dateText
  const { perSecond } = UNITS[type.unit]
  if (type.kind === 'time') return (count) => timeOfDayText(count, perSecond)
  if (type.kind === 'duration') return (count) => durationText(count, perSecond)
  const zone = 'timezone' in type && type.timezone !== undefined ? 'Z' : ''
  return (count) => timestampText(count, perSecond, zone)
}

const DAY = 86_400_000n

/** Milliseconds as a date, or as a time if they are not an integer number of days. */
function dateText(milliseconds: bigint): string {
  return milliseconds % DAY === 0n ? dayText(Number(milliseconds / DAY)) : timestampText(milliseconds, 1000n, '')
}

/** The inverse: the stored value of a text; undefined if that is printed differently, except for trailing zeros. */
export function temporalCount(type: Temporal): (text: string) => bigint | undefined {
  const print = temporalText(type)
  return (text) => {
    if (text.length > LONGEST) return undefined
    const count = /^-?\d+$/.test(text) ? BigInt(text) : parsed(type, text)
    return count !== undefined && print(count) === withoutZeros(text) ? count : undefined
  }
}

/** The maximum length of a text: a nanosecond in the year -271821 has fewer characters. */
const LONGEST = 50

/** An instant in units of a type with a time zone; undefined if that has too few digits. */
export function instantCount(type: Temporal, date: Date): bigint | undefined {
  if (type.kind !== 'timestamp' || type.timezone === undefined) return undefined
  const scaled = BigInt(date.getTime()) * UNITS[type.unit].perSecond
  return scaled % 1000n === 0n ? scaled / 1000n : undefined
}

function parsed(type: Temporal, text: string): bigint | undefined {
  if (type.kind === 'duration') return durationCount(text, UNITS[type.unit])
  if (type.kind === 'time') return timestampCount(`1970-01-01T${text}`, UNITS[type.unit])
  if (type.kind === 'timestamp') return timestampCount(text, UNITS[type.unit])
  const time = timestampCount(text.includes('T') ? text : `${text}T00:00:00`, UNITS.millisecond)
  return time === undefined || type.unit === 'millisecond' ? time : time / DAY
}

type Unit = (typeof UNITS)[TimeUnit]

function timestampCount(text: string, unit: Unit): bigint | undefined {
  const [, time, fraction] = /^([^T]+T\d\d:\d\d:\d\d)(?:\.(\d+))?Z?$/.exec(text) ?? []
  const milliseconds = time === undefined ? Number.NaN : Date.parse(`${time}Z`)
  if (Number.isNaN(milliseconds)) return undefined
  return BigInt(milliseconds / 1000) * unit.perSecond + fractionCount(fraction, unit)
}

function durationCount(text: string, unit: Unit): bigint | undefined {
  const [, sign, seconds, fraction] = /^(-?)PT(\d+)(?:\.(\d+))?S$/.exec(text) ?? []
  if (seconds === undefined) return undefined
  const count = BigInt(seconds) * unit.perSecond + fractionCount(fraction, unit)
  return sign === '-' ? -count : count
}

/** Digits beyond those of the unit are left out. */
function fractionCount(fraction = '', { digits }: Unit): bigint {
  return BigInt(fraction.slice(0, digits).padEnd(digits, '0'))
}

/** A text without zeros at the end of a fraction, as `Date` prints them. */
function withoutZeros(text: string): string {
  return text.replace(/(\.\d*?)0+(?=[ZS]?$)/, '$1').replace(/\.(?=[ZS]?$)/, '')
}
