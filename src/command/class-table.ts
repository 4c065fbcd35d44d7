/** The table of classes in the text of an evaluation. */
import { figure } from '../core/key-metrics.js'
import type { Scores } from '../core/metrics.js'

/** The metrics of a class, or averages, which have no support and may lack others. */
export type ClassRow = { label: string; support?: number } & Scores & {
    auroc?: number | null
    average_precision?: number | null
  }

type Column = readonly [key: Exclude<keyof ClassRow, 'label' | 'support'>, heading: string]

const SCORES: readonly Column[] = [
  ['precision', 'precision'],
  ['recall', 'recall'],
  ['f1', 'f1'],
]
const RANKING: readonly Column[] = [
  ['auroc', 'AUROC'],
  ['average_precision', 'AP'],
]

export function classTable(rows: readonly ClassRow[]): string {
  const isRanked = rows.some(({ average_precision = null }) => average_precision !== null)
  const columns = isRanked ? [...SCORES, ...RANKING] : SCORES
  const width = Math.max(5, ...rows.map(({ label }) => label.length)) + 2
  const line = (cells: string[]) =>
    [cells[0]!.padEnd(width), ...cells.slice(1).map((cell) => cell.padStart(11))].join('').trimEnd()
  const header = line(['class', ...columns.map(([, heading]) => heading), 'support'])
  const body = rows.map((row) =>
    line([row.label, ...columns.map(([key]) => cellText(row[key])), String(row.support ?? '')]),
  )
  return [header, ...body].join('\n')
}

function cellText(value: number | null | undefined): string {
  return value === undefined ? '' : figure(value)
}
