/** What the help says of output columns, metrics and formats. */
import type { FormatName } from '../../core/formats.js'
import type { Metrics, Scores } from '../../core/metrics.js'
import type { OutputColumn } from '../../core/output-columns.js'

export const COLUMN_TEXTS: Readonly<Record<OutputColumn, string>> = {
  probs: 'p_CLASS for each class: its probability; with --log, logp_CLASS, the natural logarithm of it',
  label:
    'the class of the largest logit, the first of equal ones; empty where the largest probability is less than --min-confidence, or NaN; with --binary, the second class from --threshold on',
  index:
    'the position of the largest logit among the classes, from 0, as argmax of numpy has it: of NaN, the first; with --binary, that of the label',
  labels:
    'with --sigmoid, the classes whose probability is at least --threshold: cat|dog in a cell, which is empty where there are none; in a column for --truth that is [], as an empty cell is not known',
  set: 'with a --calibration that has a coverage, the classes whose probability is at least 1 - quantile, perhaps none: on rows like those of the calibration, it has the true class as often as --coverage says',
  set_size: 'how many classes the set has',
  confidence: 'the largest probability',
  margin: 'the largest probability less the second',
  entropy: 'of the probabilities, in nats: -sum of p log p',
  logsumexp: 'log of the sum of exp of the logits, which are divided by the temperature first',
  loss: 'with --truth, the cross-entropy: -log of the probability of the true class, in nats; with --sigmoid, the mean over the classes',
  rank: 'with --truth, the rank of the true class among the probabilities, from 1',
  correct: 'with --truth, whether the label is the true class; with --sigmoid, whether the labels are the true classes',
}

type Metric = keyof Metrics | keyof Scores | 'support'

export const METRIC_TEXTS: Readonly<Record<Metric, string>> = {
  rows: 'how many rows have a true class',
  unlabelled: 'how many rows have no true class; they are not measured',
  rejected: 'how many bad rows of the input were left out; of nested lists, other counts are of the inner lists',
  abstained: 'how many rows have no label, by --min-confidence',
  accuracy:
    'of the rows that have a label, the share whose label is the true class; where rows may have several, of those that have all of them right',
  hamming_loss: 'where rows may have several classes, the share of all classes of all rows that are wrong',
  balanced_accuracy: 'the mean of the recall of the classes that occur',
  top_k_accuracy: 'the share of rows whose true class is among the k most probable ones; k is 1, 3 and 5',
  log_loss:
    'the mean of -log p of the true class, in nats, nothing clipped; where rows may have several, over rows and classes',
  brier:
    'Brier score: the mean of the sum over classes of (p - y)^2, where y is 1 for the true class, else 0; of two classes it is twice that of one. With --sigmoid, the mean over classes',
  ece: 'expected calibration error: the mean absolute difference of confidence and accuracy over 15 bins of confidence of equal width, weighted by their rows; of the most probable class, whatever a threshold makes the label',
  mce: 'maximum calibration error: the largest of the differences that the ECE is the mean of',
  mean_confidence: 'the mean of the largest probability of each row',
  mean_entropy: 'the mean entropy of the probabilities of a row, in nats',
  coverage: 'with a calibration that has a coverage, the share of rows whose set of classes has the true one',
  mean_set_size: 'the mean number of classes in these sets',
  aurc: 'the area under the risk curve: the mean share of the most confident rows whose most probable class is wrong, over all shares of rows',
  aurc_bound: 'how far aurc may be from the exact area, as it is made of bins of confidence',
  macro: 'the means of precision, recall and F1 of the classes that occur',
  micro: 'precision, recall and F1 of all decisions together, whatever their class',
  weighted: 'the means of precision, recall and F1 of the classes, weighted by their support',
  classes: 'precision, recall, F1 and support of each class',
  confusion:
    'how many rows of each true class have each label: true classes are rows, labels columns, in the order of classes; with --sigmoid, of each class the counts [neither, only predicted, only true, both]',
  precision: 'of a class, the share of the rows with its label that have it as their true class',
  recall: 'of a class, the share of the rows of this true class that have its label',
  f1: 'of a class, the harmonic mean of precision and recall',
  support: 'of a class, how many rows have it as their true class',
}

export const FORMAT_TEXTS: Readonly<Record<FormatName, string>> = {
  csv: 'cells with commas, or what --delimiter says, between them: a column for each class, or a list in the cells of one',
  tsv: 'tabs between the cells; otherwise as csv',
  copy: 'the text that COPY of PostgreSQL, Hive and Spark have: tabs, no quotes, \\t, \\n and \\\\ within cells, \\N for null; made of other formats it has a header only by --output-header',
  ndjson:
    'JSON, a row on each line: a list, nested lists, an object class -> number, or keys; an array of rows is read, too',
  json: 'JSON, read as ndjson is, and written as one array',
  npy: 'one array of numpy, the classes along one axis, which --axis names; written, it holds results only, by default probs',
  npz: 'several arrays of numpy by name, of which --tensor names that of the logits; written, it holds only arrays of numbers, one for each output column, by default probs,index',
  safetensors: 'several arrays by name, of which --tensor names that of the logits; written as npz is',
  parquet:
    'columns with types: one for each class, or one of lists; to read it, npm install hyparquet hyparquet-compressors',
  arrow: 'the file format of Arrow IPC, which Feather is, too: a column for each class, or one of lists or structs',
  arrows: 'the stream format of Arrow IPC',
}

/** The entries of tables whose names are a topic, whatever the case of its letters and the marks between its words. */
export function termsOn(topic: string): [heading: string, text: string][] {
  const name = plain(topic)
  return TERM_TABLES.flatMap(({ kind, texts }) =>
    Object.entries(texts)
      .filter(([term]) => term === name || ALSO[name] === term)
      .map(([term, text]): [string, string] => [`${term}, ${kind}`, text]),
  )
}

/** The tables of terms: what all of one are called together, and one of them. */
export const TERM_TABLES: readonly { heading: string; kind: string; texts: Readonly<Record<string, string>> }[] = [
  { heading: 'Output columns', kind: 'an output column of --emit', texts: COLUMN_TEXTS },
  { heading: 'Metrics', kind: 'a metric of softmax evaluate', texts: METRIC_TEXTS },
  { heading: 'Formats', kind: 'a format', texts: FORMAT_TEXTS },
]

/** Other names of some. */
const ALSO: Readonly<Record<string, string>> = {
  brier_score: 'brier',
  cross_entropy: 'loss',
  f1_score: 'f1',
  jsonl: 'ndjson',
  feather: 'arrow',
  top_k: 'top_k_accuracy',
  confusion_matrix: 'confusion',
  prediction_set: 'set',
}

/** All names of the tables. */
export const TERMS: readonly string[] = TERM_TABLES.flatMap(({ texts }) => Object.keys(texts))

function plain(topic: string): string {
  return topic.toLowerCase().replace(/[\s-]+/g, '_')
}
