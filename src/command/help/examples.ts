/** Examples of the command, each of which can be run as is. */
import type { Verb } from '../../core/options.js'

interface Example {
  /** What it does, for the full help; the short help has no room for it. */
  does: string
  line: string
  verb?: Verb
  /** Whether it is in the short help. */
  isFirst?: true
}

export const EXAMPLES: readonly Example[] = [
  {
    does: 'Score a file. Columns whose names begin with logit are the logits.',
    line: 'softmax logits.csv -o scored.csv',
    isFirst: true,
  },
  {
    does: 'Score the output of a program, and load the result if both succeed.',
    line: 'set -o pipefail; model-dump | softmax --labels a,b -o s.csv && load s.csv',
    isFirst: true,
  },
  {
    does: 'Read Parquet and write only the label and its probability.',
    line: 'softmax logits.parquet --emit label,confidence -o labels.parquet',
    isFirst: true,
  },
  {
    does: 'Write bad rows to a file and score the others.',
    line: 'softmax logits.csv --rejects bad.ndjson -o scored.csv',
  },
  {
    does: 'Score a folder part by part. Run it again to continue after a crash.',
    line: 'softmax parts/ -o scored/ --resume',
  },
  {
    does: 'Evaluate the predictions.',
    line: 'softmax evaluate validation.csv --truth actual',
    verb: 'evaluate',
    isFirst: true,
  },
  {
    does: 'Evaluate a multi-label model, and print JSON.',
    line: 'softmax evaluate tags.csv --truth tags --sigmoid --json',
    verb: 'evaluate',
  },
  {
    does: 'Compare the metrics before and after calibration in an HTML report.',
    line: String.raw`softmax evaluate test.csv --truth actual --calibration calibration.json \
 --report report.html`,
    verb: 'evaluate',
  },
  {
    does: 'Write what GROUP BY of DuckDB, or groupby of pandas, needs for metrics by group.',
    line: 'softmax test.csv --truth actual --emit correct,loss -o scored.parquet',
    verb: 'evaluate',
  },
  {
    does: 'Find the temperature from rows that the model was not trained on.',
    line: 'softmax calibrate validation.csv --truth actual -o calibration.json',
    verb: 'calibrate',
  },
  {
    does: 'Output sets of classes that contain the true class 9 times in 10.',
    line: String.raw`softmax calibrate validation.csv --truth actual --coverage 0.9 \
  -o calibration.json
softmax logits.csv --calibration calibration.json --emit label,set \
  -o scored.csv`,
    verb: 'calibrate',
  },
]

/** An example for options that those above do not show, by the names of their flags. */
export const OPTION_EXAMPLES: Readonly<Record<string, string>> = {
  log: 'softmax logits.csv --log -o scored.csv',
  logits: 'softmax scores.csv --logits cat,dog,boat -o scored.csv',
  labels: 'softmax logits.npy --labels @config.json -o scored.csv',
  binary: 'softmax mails.csv --binary ham,spam -o scored.csv',
  threshold: `softmax tags.csv --sigmoid --threshold '{"a":0.3}' --emit labels -o scored.csv`,
  'min-confidence': 'softmax logits.csv --min-confidence 0.8 -o scored.csv',
  'top-k': 'softmax logits.csv --top-k 3 -o top.csv',
  keep: 'softmax logits.csv --keep image -o scored.csv',
  types: 'softmax logits.csv --types image=int64 -o scored.parquet',
  'missing null': 'softmax logits.csv --missing -inf --null NA -o scored.csv',
  nonfinite: 'softmax logits.csv --nonfinite null -o scored.csv',
  'delimiter decimal': "softmax german.csv --delimiter ';' --decimal , -o scored.csv",
  'output-delimiter output-decimal': "softmax logits.csv --output-delimiter ';' --output-decimal , -o german.csv",
  'skip-lines comment': "softmax notes.csv --skip-lines 2 --comment '#' -o scored.csv",
  axis: 'softmax batch_class_token.npy --axis 1 -o tokens.parquet',
  tensor: 'softmax outputs.npz --tensor x -o scored.npz',
  part: 'softmax parts/ -o scored/ --part 2/8 --resume',
  compress: 'softmax parts/ --to csv --compress gzip -o scored/',
  stats: 'softmax logits.csv --stats stats.json -o scored.csv',
  metrics: 'softmax logits.csv --truth truth --metrics metrics.json -o scored.csv',
  'partial merge': `softmax evaluate validation.csv --truth actual --partial -o 1.sums
softmax evaluate test.csv --truth actual --partial -o 2.sums
softmax evaluate --merge 1.sums 2.sums`,
  completions: 'source <(softmax --completions bash)',
}

/** An example with a flag. */
export function exampleOf({ names, short }: { names: readonly string[]; short?: string | undefined }) {
  const flags = [...names.map((name) => `--${name}`), `-${short}`]
  const has = (line: string) => line.split(/\s+/).some((word) => flags.includes(word))
  const own = Object.entries(OPTION_EXAMPLES).find(([flags]) => flags.split(' ').some((flag) => names.includes(flag)))
  return own?.[1] ?? EXAMPLES.map(({ line }) => line).find(has)
}
