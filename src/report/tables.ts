/** The tables of a report. */
import { figure, isMultiLabel } from '../core/key-metrics.js'
import type { Metrics } from '../core/metrics.js'
import {
  type Bar,
  type Confusion,
  type Evaluation,
  mostConfused,
  type ReliabilityBin,
  type ReliabilityWords,
  type RiskPoint,
} from './evaluation.js'
import { Html, html } from './html.js'

/** A count with thousands separators. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** A metric rounded to four digits, with all digits available. */
export function exactly(value: number | null): Html {
  return html`<data value="${value === null ? '' : String(value)}">${figure(value)}</data>`
}

/** A table; the first `texts` columns are text and left-aligned, the others numbers and right-aligned. */
function table(caption: string, heading: readonly string[], rows: readonly (readonly Cell[])[], texts = 0): Html {
  const kind = (nth: number) => (nth < texts ? new Html(' class="text"') : undefined)
  return html`<table><caption>${caption}</caption>
<thead><tr>${heading.map((text, nth) => html`<th scope="col"${kind(nth)}>${text}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell, nth) => html`<td${kind(nth)}>${cell}</td>`)}</tr>\n`)}</tbody></table>`
}

type Cell = string | Html

/** A part of the page that can also be scrolled by keyboard. */
export function scrollable(name: string, content: Html, kind = ''): Html {
  return html`<div class="scroll ${kind}" role="region" aria-label="${name}" tabindex="0">${content}</div>`
}

/** The data of a chart as a collapsible table. */
export function asNumbers(name: string, content: Html): Html {
  return html`<details><summary>${name}</summary>${scrollable(name, content)}</details>`
}

export function reliabilityTable(
  words: ReliabilityWords,
  bins: readonly ReliabilityBin[],
  before: readonly ReliabilityBin[] | undefined,
): Html {
  const rowsOf = (all: readonly ReliabilityBin[], ...when: string[]) =>
    all.map(({ rows, confidence, accuracy }) => [...when, exactly(confidence), exactly(accuracy), count(rows)])
  const heading = [`mean ${words.confidence}`, words.accuracy, `${words.counted}s`]
  const caption = `${capitalized(words.accuracy)} in each bin of ${words.confidence}`
  if (!before) return table(caption, heading, rowsOf(bins))
  const both = [...rowsOf(before, 'before'), ...rowsOf(bins, 'after')]
  return table(`${caption}, before and after calibration`, ['calibration', ...heading], both, 1)
}

function capitalized(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1)
}

export function histogramTable(bars: readonly Bar[]): Html {
  const seen = bars.filter(({ right, wrong }) => right + wrong > 0)
  return table(
    'Rows of each range of confidence',
    ['from', 'to', 'right', 'wrong'],
    seen.map(({ from, to, right, wrong }) => [from.toFixed(4), to.toFixed(4), count(right), count(wrong)]),
  )
}

export function riskTable(points: readonly RiskPoint[]): Html {
  return table(
    'Risk of the most confident rows',
    ['share of rows', 'risk', 'confidence at least'],
    points.map(({ answered, risk, confidence }) => [exactly(answered), exactly(risk), figure(confidence)]),
  )
}

export function rejectedTable(rejected: Evaluation['rejected']): Html {
  const codes = Object.entries(rejected).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return table(
    'Bad rows that were left out, by error code',
    ['code', 'rows'],
    codes.map(([code, rows]) => [html`<code>${code}</code>`, count(rows)]),
    1,
  )
}

/** The maximum number of classes for a confusion matrix. */
const MOST_SHOWN = 30
/** The maximum number of confused pairs to list otherwise. */
const MOST_PAIRS = 50

/** The matrix has small cells for DENSE or more classes, and large cells with horizontal names for fewer than FEW. */
const DENSE = 13
const FEW = 5

function sizeOf(classes: number): string {
  return classes < FEW ? 'few' : classes < DENSE ? '' : 'dense'
}

/** Whether the confusion table fits half the page width. */
export function isNarrow(classes: number): boolean {
  return classes < DENSE || classes > MOST_SHOWN
}

/** Which classes are confused. */
export function confusion({ metrics, ...rest }: Evaluation): Html {
  const { classes } = metrics
  if (classes.length > MOST_SHOWN) {
    const pairs = mostConfused({ metrics, ...rest }, MOST_PAIRS)
    return scrollable('Most confused pairs of classes', confusedPairs(pairs, classes))
  }
  return html`<p class="about" id="matrix">Rows by true class (down) and label (across). Blue cells are right, orange ones wrong; the fuller, the larger the share of the true class.</p>
${scrollable('Confusion matrix', confusionMatrix(metrics), `matrix ${sizeOf(classes.length)}`)}`
}

function confusionMatrix({ classes, confusion }: Metrics): Html {
  const names = classes.map(({ label }) => label)
  const rows = confusion.map((row, truth) => {
    const total = row.reduce((sum, cell) => sum + cell, 0)
    const cells = row.map((cell, prediction) => shadedCell(cell, cell / total, truth === prediction))
    return html`<tr><th scope="row">${name(names[truth]!)}</th>${cells}</tr>\n`
  })
  return html`<table aria-labelledby="matrix">
<thead><tr><td></td>${names.map((label) => html`<th scope="col">${name(label)}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table>`
}

/** Wrong cells are shaded by the cube root of their share, as most shares are small. */
function shadedCell(cell: number, share: number, isRight: boolean): Html {
  if (cell === 0) return html`<td class="none">0</td>`
  const [kind, filled] = isRight ? ['right', share] : ['wrong', Math.cbrt(share)]
  return html`<td class="${kind}" style="--s:${shade(filled)}">${count(cell)}</td>`
}

function confusedPairs(pairs: readonly Confusion[], classes: Metrics['classes']): Html {
  return table(
    `The ${count(pairs.length)} most frequently confused pairs of classes`,
    ['true class', 'label', 'rows', 'of the true class'],
    pairs.map(({ truth, prediction, count: rows }) => {
      const { label, support } = classes[truth]!
      return [name(label), name(classes[prediction]!.label), count(rows), exactly(rows / support)]
    }),
    2,
  )
}

/** The name of a class, isolated so that its writing direction does not affect the surroundings. */
function name(label: string): Html {
  return html`<bdi title="${label}">${label}</bdi>`
}

/** A share of 1, as the style sheet draws it. */
function shade(share: number): string {
  return String(Math.round(share * 1000) / 1000)
}

/** The maximum number of classes to list. */
const MOST_LISTED = 5000

/** The scores of each class, sortable. */
export function classTable(metrics: Metrics): Html {
  const { classes, macro, micro, weighted, auroc, average_precision } = metrics
  const listed = listedClasses(classes)
  const isRanked = classes.some(({ average_precision = null }) => average_precision !== null)
  const scores = isRanked ? [...SCORES, ...RANKING] : SCORES
  const caption =
    listed.length === classes.length
      ? `Precision, recall${isRanked ? ', F1, AUROC and average precision (AP)' : ' and F1'} of each class`
      : `The ${count(listed.length)} classes of ${count(classes.length)} with the lowest F1`
  const counts = countsOf(metrics)
  const rows = listed.map(
    ({ index, label, ...one }) =>
      html`<tr><td>${index}</td><th scope="row" class="text"><bdi>${label}</bdi></th>${counts.map(({ of }) => countCell(of(index)))}${scoreCells(scores, one)}</tr>\n`,
  )
  const averages = [
    averageRow('macro average', counts.length, scoreCells(scores, { ...macro, auroc, average_precision })),
    averageRow('micro average', counts.length, scoreCells(scores, micro)),
    averageRow('weighted average', counts.length, scoreCells(scores, weighted)),
  ]
  return html`<table data-sortable class="${isRanked ? 'ranked' : undefined}"><caption>${caption}</caption>
<thead><tr><th scope="col">#</th><th scope="col" class="text" data-text>class</th>${[...counts, ...scores].map(({ heading }) => html`<th scope="col">${heading}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
<tfoot>${averages}</tfoot></table>`
}

function listedClasses(classes: Metrics['classes']) {
  const all = classes.map((one, index) => ({ ...one, index }))
  if (all.length <= MOST_LISTED) return all
  return all.sort((a, b) => a.f1 - b.f1 || a.index - b.index).slice(0, MOST_LISTED)
}

/**
 * The counts of a class: its rows, and if rows may have several classes, the wrong ones, since there is no confusion
 * matrix then.
 */
function countsOf(metrics: Metrics) {
  const { classes, confusion } = metrics
  const support = { heading: 'support', of: (index: number) => classes[index]!.support }
  if (!isMultiLabel(metrics)) return [support]
  return [
    support,
    { heading: 'false positives', of: (index: number) => confusion[index]![1]! },
    { heading: 'false negatives', of: (index: number) => confusion[index]![2]! },
  ]
}

/** A column of scores: its key in the metrics, its heading, and how its cells are drawn. */
interface ScoreColumn {
  key: 'precision' | 'recall' | 'f1' | 'auroc' | 'average_precision'
  heading: string
  cell(score: number): Html
}

const SCORES: readonly ScoreColumn[] = [
  { key: 'precision', heading: 'precision', cell: barCell },
  { key: 'recall', heading: 'recall', cell: barCell },
  { key: 'f1', heading: 'F1', cell: barCell },
]
const RANKING: readonly ScoreColumn[] = [
  { key: 'auroc', heading: 'AUROC', cell: plainCell },
  { key: 'average_precision', heading: 'AP', cell: plainCell },
]

function countCell(value: number): Html {
  return html`<td data-value="${value}">${count(value)}</td>`
}

/** Null is a score that is undefined; one that is missing is not computed. */
type ClassScores = { readonly [Key in ScoreColumn['key']]?: number | null }

function scoreCells(columns: readonly ScoreColumn[], scores: ClassScores): Html[] {
  return columns.map(({ key, cell }) => {
    const score = scores[key]
    if (score === undefined) return html`<td></td>`
    return score === null ? html`<td data-value="-1">-</td>` : cell(score)
  })
}

function barCell(score: number): Html {
  return html`<td class="score" data-value="${score}" style="--s:${shade(score)}">${figure(score)}</td>`
}

/** Without a bar: the AUROC of chance is 0.5. */
function plainCell(score: number): Html {
  return html`<td data-value="${score}">${figure(score)}</td>`
}

function averageRow(label: string, counts: number, cells: Html[]): Html {
  return html`<tr><td></td><th scope="row" class="text">${label}</th><td colspan="${counts}"></td>${cells}</tr>\n`
}
