/**
 * Words in the names of columns that hold something else than logits, and names that are those of classes: the evidence
 * that a header gives.
 */
import { plainName, wordsOf } from './column-name.js'

const words = (text: string) => new Set(text.trim().split(/\s+/))

/** Words that make a column one of keys, truths, times, settings of a run, texts or measurements, wherever they stand in its name. */
const OTHER_WORDS = words(`
  id ids uid pid uuid guid sku isbn ean key keys index idx row rows rowid rowname rownames rownum rownumber line lineno record item entry
  sample samples number num nr no seq sequence serial rank position pos offset unnamed
  user users username customer client member patient passenger subject participant respondent account session device
  host ip order invoice transaction ticket case question query request message tweet product store
  truth target targets label labels gold actual expected observed answer correct outcome ytrue
  pred preds predicted prediction predictions argmax probs prob proba probability probabilities likelihood odds
  loss losses accuracy acc f1 auc precision recall confidence entropy margin logsumexp perplexity temperature
  weight weights fold folds split batch epoch step steps iter iteration trial run seed experiment cluster segment group
  timestamp time times date datetime day weekday month year years quarter week hour minute second seconds duration
  elapsed latency created updated modified since until age ages dob birthday
  image img photo audio file filename path url uri link page document doc sentence text title name email phone
  address zip zipcode postcode city state country region comment note notes description
  sex gender height width length depth size area volume mass bmi distance speed velocity acceleration accel gyro
  lat latitude lon lng long longitude elevation altitude angle roll pitch yaw
  price prices cost costs fare fee fees tax amount total subtotal sum qty quantity count counts cnt salary income revenue
  sales profit balance credit debit discount budget spend volume bid ask votes views clicks likes impressions hits stars
  rating ratings level points rooms floors floor population
  rate ratio percent percentage pct share mean avg average std stdev stddev var variance min max median mode quantile
  delta diff difference change growth return returns residual residuals error errors err bias intercept slope coef
  coefficient coefficients zscore gradient voltage current charge power energy pressure humidity temp wind rain
  correlation corr cov skew kurtosis shap attribution sensor signal valence arousal polarity
  embedding embeddings feature features pca component pixel lag
`)

/** Names of such columns as a whole: as a word in a longer name each may be part of a class's. */
const OTHER_NAMES = words(`
  y yhat ytest ytrain x z t u v w n m i j k s ts dt at pk class classes category categories categoryid gt true test train
  valid start end open high low close adj close code value values val data type kind status flag active hash version
  lang language color colour unit units currency hr bpm bp rho theta phi
`)

/** What stands before a number in the names of features, of embeddings and of periods. */
const OTHER_STEMS = words(
  'x v f u z q d e h w pc pc dim dims emb feat feature features embedding col column field var dimension component pixel px lag ch s',
)

/** Names of classes that people have, as a rule all of those in a header. */
const CLASS_NAMES = words(`
  airplane plane aeroplane automobile car bird cat deer dog frog horse ship boat truck bus train bicycle motorcycle person
  cow sheep fish lion tiger bear wolf fox rabbit mouse snake cow pig chicken duck elephant zebra giraffe
  positive negative neutral mixed pos neg neu very_positive very_negative
  entailment contradiction not_entailment paraphrase
  anger disgust fear joy sadness surprise love happy sad angry optimism
  world sports business science technology politics entertainment health
  spam ham toxic hate offensive obscene insult threat
  yes no maybe true false other none unknown normal abnormal benign malignant
  zero one two three four five six seven eight nine
  setosa versicolor virginica
`)

/** Names of classes that are also called so elsewhere, and the class that shows which is meant. */
const PARTNERS = new Map([
  ['true', 'false'],
  ['pos', 'neg'],
  ['no', 'yes'],
])

/** What stands before a number in names of classes: `LABEL_0` is what Hugging Face calls one without a name. */
const CLASS_STEMS = words('class cls label category c score scores output outputs out y_hat')

/** A longer name counts nothing: the time to find its number grows with the square of its length. */
const LONGEST = 100

/** A name that counts: what stands before its number, and that. */
function counted(name: string): { stem: string; number: number } | undefined {
  const plain = plainName(name)
  if (plain.length > LONGEST) return undefined
  const [, stem, digits] = /^(.*?)[\s_.:-]*(\d+)$/s.exec(plain) ?? []
  return stem === undefined ? undefined : { stem: stem.toLowerCase(), number: Number(digits) }
}

/** True of the name of a column that holds no logits, as a key, a truth, a time, a text, a measurement or none at all. */
export function isOtherName(name: string): boolean {
  const found = wordsOf(name)
  const joined = found.join('')
  const number = counted(name)
  if (number && CLASS_STEMS.has(number.stem)) return false
  if (found.length === 0 || OTHER_NAMES.has(joined) || OTHER_WORDS.has(joined)) return true
  if (number && OTHER_STEMS.has(number.stem)) return true
  return (
    found.some((word) => OTHER_WORDS.has(word)) || found[0] === 'p' || found[0] === 'logp' || found[0] === 'logprob'
  )
}

/** True of a name that is one of classes, as `pos` is beside `neg`. */
export function hasPartner(name: string, header: readonly string[]): boolean {
  const partner = PARTNERS.get(plainName(name).toLowerCase())
  return partner !== undefined && header.some((other) => plainName(other).toLowerCase() === partner)
}

/** True of a column that pandas keeps the index of its rows in, where that has no name. */
export function isPandasIndex(name: string): boolean {
  return /^__index_level_\d+__$/.test(name)
}

/** True of a name that a class is known by. */
export function isClassName(name: string): boolean {
  return CLASS_NAMES.has(wordsOf(name).join('_'))
}

/** True of names that count classes: `class_0`, `class_1`, …, the first letters, or whole numbers but years. */
export function countClasses(names: readonly string[]): boolean {
  const plain = names.map((name) => plainName(name).toLowerCase())
  return new Set(plain).size === plain.length && (areLetters(plain) || areCounted(plain))
}

function areLetters(names: readonly string[]): boolean {
  return names.every((name, index) => name === String.fromCharCode(97 + index))
}

function areCounted(names: readonly string[]): boolean {
  const found = names.map(counted)
  const stem = found[0]?.stem
  if (stem === undefined || found.some((one) => one?.stem !== stem)) return false
  return stem === '' ? !found.every((one) => isYear(one!.number)) : CLASS_STEMS.has(stem)
}

function isYear(number: number): boolean {
  return number >= 1800 && number <= 2200
}
