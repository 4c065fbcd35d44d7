/** Descriptions of output columns, metrics and formats. */
import { FORMATS, type FormatName, formatOfExtension } from '../../core/formats.js'
import type { Metrics, Scores } from '../../core/metrics.js'
import type { OutputColumn } from '../../core/output-columns.js'

export const COLUMN_TEXTS: Readonly<Record<OutputColumn, string>> = {
  probs: 'p_CLASS, the probability of each class; with --log, logp_CLASS, its natural logarithm',
  label:
    'the class with the largest logit (the first one, if several are equal); empty if the largest probability is NaN or below --min-confidence; with --binary, the second class if its probability is at least --threshold',
  index:
    'the position of the largest logit, from 0, like argmax of numpy (the first NaN, if there is one); with --binary, the position of the label',
  labels:
    'with --sigmoid, the classes whose probability is at least --threshold: cat|dog in a cell, or an empty cell if there are none (a --truth column needs [] for none, as an empty cell means unknown); in arrays, a boolean for each class',
  set: 'with a --calibration made with --coverage, the classes whose probability is at least 1 - q, possibly none, where q is the quantile of 1 - p(true class) over the calibration rows at that coverage, corrected for their number; on rows like those of the calibration, the set contains the true class as often as --coverage says; in arrays, a boolean for each class',
  set_size: 'the number of classes in the set',
  confidence: 'the largest probability',
  margin: 'the largest probability minus the second largest',
  entropy: 'the entropy of the probabilities, -sum of p log p, in nats',
  logsumexp: 'log of the sum of exp of the logits, after division by the temperature',
  loss: 'with --truth, the cross-entropy: -log of the probability of the true class, in nats; with --sigmoid, the mean over all classes',
  rank: 'with --truth, the rank of the true class by probability, from 1; of classes with equal logits, the first one ranks first; in arrays, 0 is none',
  correct:
    'with --truth, whether the label is the true class; with --sigmoid, whether the labels are the true classes; in arrays, 1 or 0, and NaN without a true class or a label',
}

type Metric = keyof Metrics | keyof Scores | 'support'

export const METRIC_TEXTS: Readonly<Record<Metric, string>> = {
  rows: 'the number of rows with a known true class, without the unlabelled ones',
  unlabelled:
    'the number of rows whose true class is unknown (an empty cell, null, -100, or NaN in an array), which are in no metric; abstained counts rows without a predicted label',
  rejected: 'the number of bad input rows, which were skipped; for nested lists, all other counts are of inner lists',
  abstained:
    'the number of rows without a predicted label, because of --min-confidence; accuracy, balanced_accuracy, the classes and the confusion matrix leave them out, all other metrics do not',
  accuracy:
    'of the rows with a label (all, unless --min-confidence leaves some empty), the share whose label is the true class; with --sigmoid, the share of rows whose labels are exactly the true classes',
  hamming_loss: 'with --sigmoid, the share of wrong decisions over all rows and classes',
  balanced_accuracy: 'the mean recall of the classes that are the true class of a row',
  top_k_accuracy:
    'the share of rows whose true class is among the k most probable, for k = 1, 3 and 5; of all rows, also those that --min-confidence leaves without a label, so it may be lower than accuracy',
  log_loss: 'the mean of -log p of the true class, in nats, without clipping; with --sigmoid, over rows and classes',
  infinite_losses: 'the number of rows whose loss is infinite, if there are any: the true class has the probability 0',
  brier:
    'Brier score: the mean over rows of the sum over classes of (p - y)^2, where y is 1 for the true class and 0 for the others; with two classes, this is twice the one-class score. With --sigmoid, the mean over classes instead of the sum',
  ece: 'expected calibration error: the mean absolute difference between confidence and accuracy over 15 confidence bins of equal width, weighted by their rows; accuracy is that of the most probable class, even if --threshold makes another class the label; with --sigmoid, confidence is the probability of each class of each row, and accuracy how often it is true',
  mce: 'maximum calibration error: the largest of the differences that ece averages',
  mean_confidence: 'the mean of the largest probability of each row',
  mean_entropy: 'the mean entropy of the probabilities of a row, in nats',
  coverage: 'with a calibration made with --coverage, the share of rows whose set contains the true class',
  mean_set_size: 'the mean number of classes in a set',
  aurc: 'the area under the risk-coverage curve: the share of the k most confident rows whose most probable class is wrong, averaged over all k',
  aurc_bound: 'the maximum error of aurc, which is computed from confidence bins',
  auroc:
    'the area under the ROC curve of a class: how often a row that has the class has a larger probability of it than a row that does not; equal ones count half. With two classes, this is of the second one. With --one-vs-rest (three to 128 classes, each against all others) and with --sigmoid (up to 128), it is the mean over classes, without those that all rows or no rows have; classes has the AUROC of each. Otherwise null',
  auroc_bound: 'the maximum error of auroc, which is computed from bins of probabilities',
  average_precision:
    'the mean precision at each row that has a class, in descending order of its probability; of the same classes as auroc. With --one-vs-rest and with --sigmoid, the mean over classes that any row has (mAP)',
  average_precision_bound: 'the maximum error of average_precision',
  macro: 'mean precision, recall and F1 of the classes that are the true class or the label of a row',
  micro: 'precision, recall and F1 over the decisions of all classes together',
  weighted: 'mean precision, recall and F1 of the classes, weighted by support',
  classes:
    'precision, recall, F1 and support of each class; with --one-vs-rest and with --sigmoid, also auroc and average_precision, of all rows',
  confusion:
    'the number of rows by true class (rows) and label (columns), in the order of classes; with --sigmoid, the counts [neither, only predicted, only true, both] for each class',
  precision: 'of the rows whose label is the class, the share whose true class it is',
  recall: 'of the rows with a label whose true class is the class, the share whose label it is',
  f1: 'the harmonic mean of precision and recall of a class',
  support: 'the number of rows with a label whose true class is the class',
}

export const FORMAT_TEXTS: Readonly<Record<FormatName, string>> = {
  csv: 'cells separated by commas or by --delimiter: a column for each class, or one column of lists',
  tsv: 'cells separated by tabs; otherwise like csv',
  copy: "the text format of COPY in PostgreSQL, of Hive and Spark: tabs, no quotes, \\t, \\n and \\\\ within cells, \\N for null, bytes in base64 (in PostgreSQL, load them as text and use decode(payload, 'base64')); no header when converted from another format, unless --output-header is given; a first line of values is read as a row",
  ndjson:
    'JSON with one row per line; logits are a list, nested lists, an object of class -> number, or separate keys; also reads one array of rows',
  json: 'JSON, read like ndjson and written as one array',
  npy: 'one numpy array, with the classes along --axis; output contains only results, by default probs',
  npz: 'several named numpy arrays; the logits are the one called logits, or selected by --tensor; output contains only numeric arrays, one for each output column, by default probs,index',
  safetensors:
    'several named arrays; the logits are the one called logits, or selected by --tensor; output is like that of npz',
  parquet: 'typed columns: one for each class, or one of lists',
  arrow: 'the Arrow IPC file format (Feather V2): a column for each class, or one of lists or structs',
  arrows: 'the Arrow IPC stream format',
}

/** The entries with a name, ignoring case and the separators between words. */
export function termsOn(topic: string): [heading: string, text: string][] {
  const name = plain(topic)
  const known = ALSO[name] ?? formatOfExtension(name)
  return TERM_TABLES.flatMap(({ kind, texts, detail }) =>
    Object.entries(texts)
      .filter(([term]) => term === name || term === known)
      .map(([term, text]): [string, string] => [`${term}, ${kind}`, text + (detail?.(term) ?? '')]),
  )
}

/** The extensions and flags of a format. */
function formatDetail(name: string): string {
  const { extensions, delimiter } = FORMATS[name as FormatName]
  const more = delimiter === undefined ? '' : ' Its options: softmax help input.'
  return `. Extensions: ${extensions.join(', ')}; for other names, --from ${name} or --to ${name}.${more}`
}

/** The tables of terms: the name of the table, and of an entry. */
export const TERM_TABLES: readonly {
  heading: string
  kind: string
  texts: Readonly<Record<string, string>>
  detail?(name: string): string
}[] = [
  { heading: 'Output columns', kind: 'an output column of --emit', texts: COLUMN_TEXTS },
  { heading: 'Metrics', kind: 'a metric of softmax evaluate', texts: METRIC_TEXTS },
  { heading: 'Formats', kind: 'a format', texts: FORMAT_TEXTS, detail: formatDetail },
]

/** Synonyms. */
const ALSO: Readonly<Record<string, string>> = {
  brier_score: 'brier',
  cross_entropy: 'loss',
  f1_score: 'f1',
  top_k: 'top_k_accuracy',
  confusion_matrix: 'confusion',
  prediction_set: 'set',
  roc_auc: 'auroc',
  auc: 'auroc',
  map: 'average_precision',
}

/** All names in the tables. */
export const TERMS: readonly string[] = TERM_TABLES.flatMap(({ texts }) => Object.keys(texts))

function plain(topic: string): string {
  return topic
    .toLowerCase()
    .replace(/^\./, '')
    .replace(/[\s-]+/g, '_')
}
