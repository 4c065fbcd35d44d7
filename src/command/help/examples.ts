/** Examples of the command, each of which runs as it is. */
import type { Verb } from '../../core/options.js'

interface Example {
  /** What it does: whole words, for the help that has room for them. */
  does: string
  line: string
  verb?: Verb
  /** Whether it is on the one screen of the help. */
  isFirst?: true
}

export const EXAMPLES: readonly Example[] = [
  {
    does: 'Score a file. Columns that begin with logit are the logits.',
    line: 'softmax logits.csv -o scored.csv',
    isFirst: true,
  },
  {
    does: 'Score what a program prints, and load it if both programs succeed.',
    line: 'set -o pipefail; model-dump | softmax --labels a,b -o s.csv && load s.csv',
    isFirst: true,
  },
  {
    does: 'Read Parquet, and write only the label and its probability.',
    line: 'softmax logits.parquet --emit label,confidence -o labels.parquet',
    isFirst: true,
  },
  {
    does: 'Put bad rows into a file, and score the others.',
    line: 'softmax logits.csv --rejects bad.ndjson -o scored.csv',
  },
  {
    does: 'Score a folder part by part, and go on after a crash.',
    line: 'softmax parts/ -o scored/ --resume',
  },
  {
    does: 'Measure how good the predictions are.',
    line: 'softmax evaluate validation.csv --truth label',
    verb: 'evaluate',
    isFirst: true,
  },
  {
    does: 'The same as JSON, of a model with several labels a row.',
    line: 'softmax evaluate tags.csv --truth tags --sigmoid --json',
    verb: 'evaluate',
  },
  {
    does: 'Before and after a calibration, as a page with charts.',
    line: String.raw`softmax evaluate test.csv --truth label --calibration calibration.json \
 --report report.html`,
    verb: 'evaluate',
  },
  {
    does: 'Find the temperature of a model, on rows that it was not trained on.',
    line: 'softmax calibrate validation.csv --truth label -o calibration.json',
    verb: 'calibrate',
  },
  {
    does: 'Score with it, with sets of classes that have the true one 9 times in 10.',
    line: String.raw`softmax calibrate validation.csv --truth label --coverage 0.9 \
  -o calibration.json
softmax logits.csv --calibration calibration.json --emit label,set \
  -o scored.csv`,
    verb: 'calibrate',
  },
]
