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
