import { hasMessage, translate } from '.'

/** Gives the words for what made a candidate match (`street:heard`, `number:near:18`); others as they are. */
export function evidenceWords(evidence: readonly unknown[]): string[] {
  return evidence.map((item) => {
    const [what = '', how = '', ...rest] = String(item).split(':')
    const exact = `words.evidence.${what}_${how}`
    if (hasMessage(exact)) return translate(exact, { detail: rest.join(':') })
    const general = `words.evidence.${what}`
    return hasMessage(general) ? translate(general, { detail: [how, ...rest].join(':') }) : String(item)
  })
}
