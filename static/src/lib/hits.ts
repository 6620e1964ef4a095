import type { ConfirmedHit, Hit, TypedWords } from '@/api/types'

/** A stretch of a text: plain, or what seems to lead to a person. */
export interface Segment {
  text: string
  hit: Hit | null
}

/** One hit of one text, for good: other words give another key. */
export const keyOf = (hit: ConfirmedHit): string => `${hit.field}|${hit.kind}|${hit.digest}`

/** The words of a hit; the server counts characters, not halves of them. */
export const wordsOf = (text: string, hit: Hit): string => [...text].slice(hit.start, hit.end).join('')

/** The text cut at its hits; of hits that overlap, the first is drawn. */
export function segments(text: string, hits: readonly Hit[]): Segment[] {
  const letters = [...text]
  const cut: Segment[] = []
  let at = 0
  for (const hit of [...hits].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (hit.start < at) continue
    if (hit.start > at) cut.push({ text: letters.slice(at, hit.start).join(''), hit: null })
    cut.push({ text: letters.slice(hit.start, hit.end).join(''), hit })
    at = hit.end
  }
  if (at < letters.length) cut.push({ text: letters.slice(at).join(''), hit: null })
  return cut
}

const all = (typed: readonly TypedWords[]): Hit[] => typed.flatMap((one) => one.hits)

/** Whether some of it may not leave, whoever says so. */
export const anyRefused = (typed: readonly TypedWords[]): boolean => all(typed).some((hit) => hit.refused)

/** Whether a person has yet to look at some of it. */
export const anyOpen = (typed: readonly TypedWords[], accepted: ReadonlySet<string>): boolean =>
  all(typed).some((hit) => !accepted.has(keyOf(hit)))

/** What the person let leave, as the server is told. */
export const confirmedOf = (typed: readonly TypedWords[], accepted: ReadonlySet<string>): ConfirmedHit[] =>
  all(typed)
    .filter((hit) => accepted.has(keyOf(hit)))
    .map(({ field, kind, digest }) => ({ field, kind, digest }))

export function toggled(accepted: ReadonlySet<string>, key: string): Set<string> {
  const next = new Set(accepted)
  if (!next.delete(key)) next.add(key)
  return next
}
