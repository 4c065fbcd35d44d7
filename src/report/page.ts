/** The page of a report: a self-contained HTML file. The same evaluation gives the same bytes. */
import { createHash } from 'node:crypto'
import { figure, type Headline, headlinesOf, isMultiLabel, isRankedByClass, labelledText } from '../core/key-metrics.js'
import type { Metrics } from '../core/metrics.js'
import type { Charts } from './charts.js'
import {
  type Evaluation,
  histogramOf,
  type RiskPoint,
  reliabilityOf,
  reliabilityWords,
  riskCurveOf,
  type Subject,
  thinned,
} from './evaluation.js'
import { Html, html } from './html.js'
import { SORTING } from './sorting.js'
import { STYLE } from './style.js'
import {
  asNumbers,
  classTable,
  confusion,
  count,
  exactly,
  histogramTable,
  isNarrow,
  rejectedTable,
  reliabilityTable,
  riskTable,
  scrollable,
} from './tables.js'

/** Renders the page. */
export function pageOf(subject: Subject, charts: Charts): string {
  const { evaluation } = subject
  const title = `Evaluation of ${inputsText(subject.inputs)}`
  const { metrics } = evaluation
  const hasConfidences = metrics.rows > 0 && !isMultiLabel(metrics)
  const isPair = hasConfidences && isNarrow(metrics.classes.length) && !isRankedByClass(metrics)
  const drawn = metrics.rows === 0 ? undefined : chartsOf(subject, charts)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="generator" content="softmax-stream">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${factsOf(subject)}
${isMultiLabel(metrics) ? html`<p>${MULTI_LABEL}</p>` : undefined}
<dl class="tiles" aria-label="Headline figures">${tilesOf(subject)}</dl>
${drawn}
<div class="stack${isPair ? ' pair' : undefined}">
${hasConfidences ? section('Confusion', html`${labelledOnly(metrics)}${confusion(evaluation)}`) : undefined}
${section('Classes', html`${labelledOnly(metrics, isRankedByClass(metrics) ? '; AUROC and AP: of all rows' : '')}${scrollable('Classes', classTable(metrics))}`)}
${rejectedSection(evaluation)}
</div>
<footer>Made by softmax-stream. This page loads nothing and sends nothing.</footer>
</main>
<script>${new Html(SORTING)}</script>
</body>
</html>
`.text
}

/** The rows of a table, if some rows have no label, and those of its other columns. */
function labelledOnly(metrics: Metrics, others = ''): Html | undefined {
  const scope = labelledText(metrics)
  return scope === undefined ? undefined : html`<p class="about">Only the ${scope}${others}.</p>`
}

const MULTI_LABEL =
  'Rows may have several classes here, each with a probability of its own. The confusion matrix and the charts of confidence and risk are only for models with one class per row.'

/** Allows no requests, and no script except the embedded one. */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  `script-src 'sha256-${createHash('sha256').update(SORTING).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** The maximum number of inputs to list. */
const MOST_NAMED = 3

function inputsText(inputs: readonly string[]): string {
  const named = inputs.slice(0, MOST_NAMED).join(', ')
  const rest = inputs.length - MOST_NAMED
  return rest > 0 ? `${named} and ${count(rest)} more` : named
}

function factsOf({ evaluation: { metrics }, facts }: Subject): Html {
  const counts = [
    ['rows', count(metrics.rows)],
    ['without a true class', count(metrics.unlabelled)],
    ['bad rows skipped', count(metrics.rejected)],
    ['without a label', count(metrics.abstained)],
  ].filter(([name, value]) => name === 'rows' || value !== '0')
  const all = [...counts, ['classes', count(metrics.classes.length)], ...facts]
  return html`<dl class="facts">${all.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

function tilesOf({ evaluation, before }: Subject): Html[] {
  const { metrics } = evaluation
  const earlier = new Map(before && headlinesOf(before.metrics).map(({ name, value }) => [name, value]))
  const macro: Headline = {
    name: 'macro F1',
    value: metrics.macro.f1,
    meaning: 'mean of the F1 of the classes',
    scope: labelledText(metrics),
  }
  return [...headlinesOf(metrics), macro].map((headline) => tile(headline, earlier.get(headline.name)))
}

function tile({ name, value, meaning, scope }: Headline, before: number | null | undefined): Html {
  const isOther = before !== undefined && figure(before) !== figure(value)
  return html`<div class="tile"><dt>${name}</dt><dd class="value">${exactly(value)}</dd>
${isOther ? html`<dd class="note">before: ${exactly(before)}</dd>` : undefined}${scope === undefined ? undefined : html`<dd class="note">of ${scope}</dd>`}<dd class="note">${meaning}</dd></div>\n`
}

function section(title: string, content: Html, kind = ''): Html {
  const id = title.toLowerCase().replaceAll(/[^a-z]+/g, '-')
  return html`<section class="${kind}" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}</section>`
}

function chartsOf(subject: Subject, charts: Charts): Html {
  const { evaluation, before } = subject
  const reliability = section('Reliability', reliabilityFigure(evaluation, before, charts), 'chart')
  if (isMultiLabel(evaluation.metrics)) return html`<div class="charts">${reliability}</div>`
  return html`<div class="charts">
${reliability}
${section('Confidence', confidenceFigure(evaluation, charts), 'chart')}
${section('Risk', riskFigure(evaluation, charts), 'chart')}
</div>`
}

function reliabilityFigure(evaluation: Evaluation, before: Evaluation | undefined, charts: Charts): Html {
  const [bins, earlier] = [reliabilityOf(evaluation), before && reliabilityOf(before)]
  const { ece } = evaluation.metrics
  const change = before ? `${figure(before.metrics.ece)} before calibration, ${figure(ece)} after` : figure(ece)
  const key = before ? keysOf({ before: BEFORE_KEY, after: AFTER_KEY }) : undefined
  const words = reliabilityWords(evaluation.metrics)
  const name = `Reliability diagram: ${words.accuracy} against mean ${words.confidence} of ${bins.length} bins. Expected calibration error ${change}.`
  return html`<figure>${charts.reliability(name, words, bins, earlier)}
<figcaption>${key}${isMultiLabel(evaluation.metrics) ? OF_CLASSES : OF_ROWS}</figcaption></figure>
${asNumbers('Numbers of the reliability diagram', reliabilityTable(words, bins, earlier))}`
}

const OF_ROWS =
  'Accuracy of the rows of each bin of confidence; larger marks have more rows. On the dotted line, confidence equals accuracy; below it, the model is overconfident.'
const OF_CLASSES =
  'Every class of every row is a prediction; of those in each bin of probability, the share that is true. Larger marks have more predictions. On the dotted line, the probability equals that share; below it, probabilities are too high.'

function confidenceFigure(evaluation: Evaluation, charts: Charts): Html {
  const bars = histogramOf(evaluation)
  const { rows, mean_confidence } = evaluation.metrics
  const name = `Histogram of the confidence of ${count(rows)} ${rows === 1 ? 'row' : 'rows'}, right and wrong ones. The mean is ${figure(mean_confidence)}.`
  return html`<figure>${charts.histogram(name, bars)}
<figcaption>${keysOf({ right: RIGHT_KEY, wrong: WRONG_KEY })}Rows by confidence, which is the largest probability of a row; right are those whose most probable class is the true one, whatever label a threshold gives.</figcaption></figure>
${asNumbers('Numbers of the histogram', histogramTable(bars))}`
}

/** Below this coverage, every row makes the risk jump. */
const FEWEST = 0.01

function isSteady({ answered }: RiskPoint): boolean {
  return answered >= FEWEST
}

function riskFigure(evaluation: Evaluation, charts: Charts): Html {
  const points = riskCurveOf(evaluation)
  const { aurc } = evaluation.metrics
  const name = `Risk against the share of rows answered: of the most confident rows, from few to all, the share that is wrong. The area is ${figure(aurc)}.`
  return html`<figure>${charts.riskCurve(name, thinned(points.filter(isSteady), 1 / 400))}
<figcaption>If only the most confident rows are answered, the share of them that is wrong is the risk. The area under the curve is the AURC; it is drawn from a share of ${FEWEST} on.</figcaption></figure>
${asNumbers('Numbers of risk', riskTable(thinned(points, 1 / 20)))}`
}

/** The legend of a chart. */
function keysOf(marks: Readonly<Record<string, string>>): Html {
  const keys = Object.entries(marks).map(
    ([text, symbol]) =>
      html`<span class="key"><svg viewBox="0 0 26 12" aria-hidden="true">${new Html(symbol)}</svg>${text}</span> `,
  )
  return html`<div class="keys">${keys}</div>`
}

const AFTER_KEY =
  '<path d="M0 6H26" stroke="var(--right)" stroke-width="2"/><circle cx="13" cy="6" r="4.5" fill="var(--right)"/>'
const BEFORE_KEY =
  '<path d="M0 6H26" stroke="var(--wrong)" stroke-width="1.5" stroke-dasharray="5 3"/><path d="M13 1L18 6L13 11L8 6Z" fill="none" stroke="var(--wrong)" stroke-width="2"/>'
const RIGHT_KEY = '<rect x="7" width="12" height="12" fill="var(--right)"/>'
const WRONG_KEY = '<rect x="7" width="12" height="12" fill="var(--wrong)"/>'

function rejectedSection({ metrics, rejected }: Evaluation): Html | undefined {
  if (metrics.rejected === 0) return section('Rejected rows', html`<p class="about">None: every row was read.</p>`)
  return section('Rejected rows', rejectedTable(rejected))
}
