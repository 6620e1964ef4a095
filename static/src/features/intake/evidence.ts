import { hasMessage, translate } from '@/i18n'

/** Gives the words for what made a candidate match; free words stand as they are. */
export function evidenceWords(evidence: readonly unknown[]): string[] {
  return evidence.map((item) => {
    const [code = '', detail = ''] = String(item).split(/:(.*)/s)
    const key = `intake.evidence.${code}`
    return hasMessage(key) ? translate(key, { detail }) : String(item)
  })
}
